import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def in_thread(act: Callable[[], T]) -> T:
    """On another thread, which has connections of its own; as another process would."""
    results: list[T] = []

    def run() -> None:
        try:
            results.append(act())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(60)
    return results[0]
