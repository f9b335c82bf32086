import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from integrations.sinks.base import DELIVERED, UNTRIED, Journal, Message, Outcome, Trouble


class FileSink:
    """Appends JSON lines: `{"type": …, "event_id": …, "payload": …}`. After a crash a line may come twice."""

    batch_size = 1000

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def from_settings(cls) -> "FileSink":
        return cls(Path(settings.EVENT_FILE))

    def start(self, epoch: int, journal: Journal) -> Sequence[int]:
        """Nothing was in flight that `send` would not mend."""
        return ()

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        if time.monotonic() >= deadline:
            return [UNTRIED] * len(batch)
        try:
            self._append(b"".join(map(_line, batch)))
        except OSError as error:
            return [Trouble(f"{self.path}: {error}")] * len(batch)
        return [DELIVERED] * len(batch)

    def _append(self, lines: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a+b", buffering=0) as file:
            # A deliverer that has lost its lease without knowing may be at it as well.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            end = _cut_torn_line(file)
            try:
                _write_all(file, lines)
            except OSError:
                file.truncate(end)
                raise
            os.fsync(file)
        if is_new:
            _sync_folder(self.path.parent)


def _line(message: Message) -> bytes:
    return b'{"type":"%s","event_id":"%s","payload":%s}\n' % (
        message.kind.encode(),
        str(message.event_id).encode(),
        message.body.encode(),
    )


def _write_all(file: BinaryIO, lines: bytes) -> None:
    rest = memoryview(lines)
    while rest:
        rest = rest[file.write(rest) :]


def _cut_torn_line(file: BinaryIO) -> int:
    """Cut off what a crash left of a line, and return the file's end.

    Nothing is lost by it: an event counts as delivered only after its whole batch was synced, so this one comes again.
    """
    end = good = file.seek(0, os.SEEK_END)
    while good:
        start = max(0, good - 65_536)
        file.seek(start)
        newline = file.read(good - start).rfind(b"\n")
        good = start + newline + 1
        if newline >= 0:
            break
    if good < end:
        file.truncate(good)
    return good


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
