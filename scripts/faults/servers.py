"""The harness's own servers, each started when it is first asked for. They may be killed at any time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from scripts.services import debian, process
from scripts.services.base import NotStarted
from scripts.services.private import PrivateServer, private
from scripts.services.registry import SERVERS

ALL = ("postgresql", "redis", "rabbitmq", "kafka")


class NotHere(Exception):
    """This machine can't run a server that a run needs."""


class Servers:
    def __init__(self) -> None:
        self.kafka_proxy_port = process.free_port()
        """Kafka sends clients of its second listener, `kafka.behind_proxy`, to this port."""
        self._running: dict[str, PrivateServer] = {}
        self._installing = threading.Lock()
        self._of = {name: threading.Lock() for name in SERVERS}
        self._warming: list[threading.Thread] = []

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def get(self, name: str) -> PrivateServer:
        with self._of[name]:
            if name not in self._running:
                self._running[name] = self._started(name)
            self._running[name].start()
            return self._running[name]

    def start(self, *names: str) -> None:
        """Side by side: a cluster of Kafka takes its time."""
        with ThreadPoolExecutor(len(names) or 1) as pool:
            list(pool.map(self.get, names))

    def warm(self) -> None:
        """Start all that can be had: who plays everything needs them all, and side by side they are up sooner."""
        self._warming = [threading.Thread(target=self._try, args=(name,)) for name in ALL]
        for thread in self._warming:
            thread.start()

    def _try(self, name: str) -> None:
        with suppress(NotHere):
            self.get(name)

    def close(self) -> None:
        for thread in self._warming:
            thread.join()
        for server in self._running.values():
            server.stop()
        self._running.clear()

    def _started(self, name: str) -> PrivateServer:
        options: dict[str, Any] = {"proxied_port": self.kafka_proxy_port} if name == "kafka" else {}
        with self._installing:
            if not SERVERS[name].find():
                debian.install(SERVERS[name].packages)
        if not SERVERS[name].find():
            raise NotHere(f"{name} can't be had: install {' '.join(SERVERS[name].packages)}")
        server = private(name, **options)
        try:
            server.start()
        except (NotStarted, OSError) as error:
            server.stop()
            raise NotHere(f"{name} did not start: {error}") from error
        return server
