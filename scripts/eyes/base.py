from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Seen:
    """One event as it arrived."""

    kind: str
    event_id: str
    body: bytes
    """The payload, byte for byte."""
    user_id: str = ""
    """Kafka's key; elsewhere nothing."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else came with it: headers, persistence, partition."""
