"""Counts a process's database statements where others can read it while it works: a file for each process.

Transactions begin and end without being counted, as Django asks for that in another way.
"""

import os
import struct
from collections.abc import Callable
from functools import lru_cache
from mmap import mmap
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

FOLDER = "BENCH_STATEMENTS"
"""Names the variable."""
NUMBER = struct.Struct("q")

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


class Counter:
    def __init__(self, path: Path) -> None:
        path.write_bytes(NUMBER.pack(0))
        with path.open("r+b") as file:
            self._shown = mmap(file.fileno(), NUMBER.size)
        self._count = 0

    def __call__(self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        self._count += 1
        NUMBER.pack_into(self._shown, 0, self._count)
        return execute(sql, params, many, context)


@lru_cache
def _counter(pid: int) -> Counter:
    return Counter(Path(os.environ[FOLDER], str(pid)))


def count_all() -> None:
    connection_created.connect(_count, dispatch_uid="count statements")


def _count(connection: BaseDatabaseWrapper, **_: Any) -> None:
    counter = _counter(os.getpid())
    if counter not in connection.execute_wrappers:
        connection.execute_wrappers.append(counter)


def counted(folder: Path) -> int:
    """By all processes so far."""
    return sum(NUMBER.unpack(path.read_bytes())[0] for path in folder.iterdir())
