"""Celery's file system transport, made safe for several processes at once.

kombu's own writes a message under its final name, where a reader can take it half written, and keeps tables of bindings
that two workers starting together can tear. Here a message appears, and is taken, by one rename; there are no bindings,
because every message of ours names its queue.
"""

import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import virtual
from kombu.utils.json import dumps, loads


class Channel(virtual.Channel):
    @property
    def folder(self) -> Path:
        options: Any = self.connection.client  # kombu leaves it open what a client is
        folder = Path(options.transport_options["folder"])
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _messages(self, queue: str) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob(f"*.{queue}.msg"))

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        folder, name = self.folder, f"{time.time_ns():020}-{uuid.uuid4().hex}"
        draft = folder / f"{name}.draft"
        draft.write_text(dumps(message))
        draft.rename(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in self._messages(queue):
            taken = path.with_suffix(".taken")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            text = taken.read_text()
            taken.unlink()
            return loads(text)
        raise Empty

    def _purge(self, queue: str) -> int:
        messages = self._messages(queue)
        for path in messages:
            path.unlink(missing_ok=True)
        return len(messages)

    def _size(self, queue: str) -> int:
        return len(self._messages(queue))


class Transport(virtual.Transport):
    Channel = Channel
    driver_type = "filesystem"
    driver_name = "filesystem"
    global_state = virtual.BrokerState()

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = self.global_state

    def driver_version(self) -> str:
        return "N/A"
