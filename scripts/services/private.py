"""A throw-away server of the caller's own: one that may be killed, and started again on the same data and port."""

import itertools
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from scripts.services import kafka, launch, process, records
from scripts.services.base import Binaries, NotStarted
from scripts.services.kafka import Listener
from scripts.services.records import FOLDER, Record
from scripts.services.registry import SERVERS

_numbers = itertools.count(1)


@dataclass
class PrivateServer:
    """Not started yet. `with` starts it, and ends it for good."""

    name: str
    binaries: Binaries
    folder: Path | None = None
    """Where its data go, in a folder of their own; under .services/ unless given."""
    listeners: dict[str, Listener] = field(default_factory=dict)
    _record: Record | None = None
    _child: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self._key = f"private-{self.name}-{os.getpid()}-{next(_numbers)}"

    @property
    def url(self) -> str:
        """The same after each start; for Kafka host:port, as for librdkafka."""
        return self._known.url

    @property
    def pid(self) -> int:
        return self._known.pid

    @property
    def data(self) -> Path:
        return Path(self._known.data)

    @property
    def log(self) -> Path:
        return launch.log_of(self._key)

    @property
    def is_alive(self) -> bool:
        return self._record is not None and self._record.is_alive

    @property
    def behind_proxy(self) -> str:
        """Where the caller's proxy on `proxied_port` has to lead."""
        return self._address("PROXIED")

    @property
    def behind_tls(self) -> str:
        """Where the caller's TLS proxy on `tls_port` has to lead."""
        return self._address("TLS")

    @property
    def sasl_servers(self) -> str:
        return self._address("SASL")

    def start(self) -> None:
        """Returns when it answers; raises NotStarted. One that runs is left as it is."""
        if self.is_alive:
            return
        if self._record is None:
            end_abandoned()
            running = launch.launch(self._key, self.binaries, (self.folder or FOLDER) / self._key, os.getpid())
        else:
            again = launch.launch_on(self._port, self._key, self.binaries, self.data, os.getpid())
            if not again:
                raise NotStarted(f"see {self.log}")
            running = again
        self._record, self._child = running

    def kill(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """All of it, at once; back when none of it is left. (PostgreSQL's SIGQUIT: it drops everything itself.)"""
        if self._child and self.is_alive:
            process.kill_family(self._child.pid, sig)
            self._child.wait()

    def stop(self) -> None:
        """For good: its data go too."""
        if self._record is None:
            return
        self.kill()
        launch.stop(self._record, self.binaries)
        self.log.unlink(missing_ok=True)
        self._record = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _known(self) -> Record:
        if self._record is None:
            raise NotStarted(f"{self.name} was not started")
        return self._record

    @property
    def _port(self) -> int:
        return urlsplit(self.url if "://" in self.url else f"//{self.url}").port or 0

    def _address(self, listener: str) -> str:
        return f"127.0.0.1:{self.listeners[listener].port}"


def private(name: str, *, folder: Path | None = None, **options: Any) -> PrivateServer:
    """`options` are Kafka's alone: see `private_kafka`."""
    FOLDER.mkdir(exist_ok=True)
    if name == "kafka":
        return private_kafka(folder=folder, **options)
    if options:
        raise TypeError(f"{name} has no options: {', '.join(options)}")
    binaries = SERVERS[name].binaries
    if binaries is None:
        raise TypeError(f"{name} is no server")
    return PrivateServer(name, binaries, folder)


def private_kafka(
    *,
    folder: Path | None = None,
    proxied_port: int | None = None,
    tls_port: int | None = None,
    sasl: dict[str, str] | None = None,
) -> PrivateServer:
    """With further listeners: two that send their clients to a proxy's port, one that asks for a password (PLAIN)."""
    own = {name: process.free_port() for name in ("PROXIED", "TLS", "SASL")}
    wanted = [
        Listener("PROXIED", own["PROXIED"], proxied_port) if proxied_port else None,
        Listener("TLS", own["TLS"], tls_port) if tls_port else None,
        Listener("SASL", own["SASL"], own["SASL"], protocol="SASL_PLAINTEXT") if sasl else None,
    ]
    listeners = {listener.name: listener for listener in wanted if listener}
    return PrivateServer("kafka", kafka.binaries(list(listeners.values()), sasl or {}), folder, listeners)


def end_abandoned() -> None:
    """Those whose owner went without a word: killed, as likely as not."""
    for record in records.of_owners():
        if process.started(record.owner) == record.owner_started:
            continue
        if record.is_alive:
            process.kill_family(record.pid, signal.SIGKILL)
        shutil.rmtree(record.data, ignore_errors=True)
        launch.log_of(record.name).unlink(missing_ok=True)
        records.forget(record.name)
