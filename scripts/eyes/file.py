"""Reads what a file of JSON lines has received, with no code of the sink that writes it."""

from pathlib import Path

from scripts.eyes.base import Seen


class FileEye:
    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Seen]:
        """Whole lines, in order; the remains of a torn one at the end are not a line."""
        if not self.path.exists():
            return []
        return [_seen(line) for line in self.path.read_bytes().split(b"\n")[:-1]]


def _seen(line: bytes) -> Seen:
    """Not by a JSON parser, which would lose how the payload was written: `{"type":"…","event_id":"…","payload":…}`."""
    head, payload = line.split(b',"payload":', 1)
    fields = head.decode().split('"')
    if fields[1::4] != ["type", "event_id"] or not payload.endswith(b"}"):
        raise ValueError(f"not a line of events: {line[:200]!r}")
    return Seen(kind=fields[3], event_id=fields[7], body=payload[:-1])
