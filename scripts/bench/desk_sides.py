"""Two databases that differ in nothing but how many rows there are, and somebody signed in to both."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connections
from django.db.utils import load_backend
from django.test import Client

BENCH = "bench"
"""Who looks."""


class Side:
    """One of the databases, with a connection and a part of the cache of its own."""

    def __init__(self, url: str) -> None:
        self._name = urlsplit(url).path.lstrip("/")
        settings = {**connections.settings["default"], "NAME": self._name}
        self._wrapper: Any = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
        self._client = Client(headers={"Host": "127.0.0.1"})

    @contextmanager
    def in_use(self) -> Iterator[Client]:
        """Whatever asks for the default database asks this one."""
        before, cache = connections["default"], caches["default"]
        prefix = cache.key_prefix
        connections["default"], cache.key_prefix = self._wrapper, f"{prefix}:{self._name}"
        try:
            yield self._client
        finally:
            connections["default"], cache.key_prefix = before, prefix

    def sign_in(self) -> None:
        with self.in_use() as client:
            client.force_login(User.objects.get(username=BENCH))


@dataclass(frozen=True)
class Sides:
    small: Side
    large: Side
    few: dict[str, Any]
    """By the model's label, the row that is looked at in both."""
