import uuid
from collections.abc import Callable
from dataclasses import dataclass

Run = Callable[[], int]
"""Sends everything and returns how many. What comes before it, imports and events to send, is not timed."""
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Job:
    sink: str
    """Whose rows, where there are rows."""
    events: int
    batch: int
    body: str
    kind: str = "BONUS"
    target: str = ""
    """Topic, or exchange, which is the routing key too, or URL."""
    server: str = ""
    concurrency: int = 1

    def event_ids(self) -> list[str]:
        return [str(uuid.UUID(int=number)) for number in range(1, self.events + 1)]

    def user_ids(self) -> list[str]:
        return [f"player-{number}" for number in range(1, self.events + 1)]
