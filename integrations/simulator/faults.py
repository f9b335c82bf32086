"""What goes wrong, by whose order, how often. Which fault hits a call is decided here; `trouble` plays it."""

import random
import time
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Call = Literal["grant", "cancel", "status"]


class Kind(StrEnum):
    ERROR = "error"
    """Answers `status`."""
    REFUSE = "refuse"
    """Answers `status` with `code` and `message`."""
    DROP = "drop"
    """Does the work, then drops the connection without an answer."""
    LATE = "late"
    """Does the work only after `delay_seconds`, when the caller has long given up."""
    HANG = "hang"
    """Says nothing for `delay_seconds`, then drops the connection."""
    GARBAGE = "garbage"
    """Does the work and answers something that is not JSON."""
    OVERSIZED = "oversized"
    """Does the work and answers a body of `size_bytes`."""
    TRICKLE = "trickle"
    """Does the work and sends its answer a byte at a time, over `delay_seconds`."""
    REDIRECT = "redirect"
    """Answers a redirect to `location`."""


WORKS = frozenset({Kind.DROP, Kind.LATE, Kind.GARBAGE, Kind.OVERSIZED, Kind.TRICKLE})
"""The faults that hide work that was done; any may be told otherwise with `works`."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Rule(Strict):
    """One fault, for the calls that fit it."""

    kind: Kind
    call: Call | Literal["any"] = "grant"
    count: int | None = Field(default=None, ge=1)
    """For so many calls; None: until it is taken away."""
    rate: float = Field(default=1.0, ge=0, le=1)
    player: str | None = None
    grant_id: str | None = None
    works: bool | None = None
    status: int | None = Field(default=None, ge=300, le=599)
    code: str = "SIMULATED"
    message: str = "A simulated fault."
    delay_seconds: float = Field(default=1.0, ge=0)
    size_bytes: int = Field(default=10 * 1024 * 1024, ge=0)
    location: str = "/control/trap"

    @property
    def does_the_work(self) -> bool:
        return self.kind in WORKS if self.works is None else self.works

    def fits(self, call: Call, grant_id: str, player: str) -> bool:
        return (
            self.call in ("any", call)
            and (self.player is None or self.player == player)
            and (self.grant_id is None or self.grant_id == grant_id)
        )


class Outage(Strict):
    mode: Literal["close", "unavailable"] = "close"
    """`close`: the connection breaks without an answer; `unavailable`: 503."""
    seconds: float | None = Field(default=None, ge=0)
    """None: until the faults are changed."""


class Refusal(Strict):
    status: Literal[400, 409, 422] = 422
    code: str = "PLAYER_BLOCKED"
    message: str = "The player can't be given a bonus."


class Faults(Strict):
    """All that is wrong at the moment. Nothing, by default."""

    latency_ms: float = Field(default=0, ge=0)
    latency_jitter: float = Field(default=0.5, ge=0, le=1)
    """Share of the mean by which latency varies either way; 0 keeps it constant."""
    latency_tail_ms: float = Field(default=0, ge=0)
    latency_tail_share: float = Field(default=0.01, ge=0, le=1)
    error_rate: float = Field(default=0, ge=0, le=1)
    error_status: int = Field(default=503, ge=400, le=599)
    outage: Outage | None = None
    repeats: Literal["same_answer", "refuse", "credit_again"] = "same_answer"
    """What a known grant_id gets: its first answer, 409 DUPLICATE_GRANT, or the money once more."""
    refused_players: dict[str, Refusal] = Field(default_factory=dict)
    rules: list[Rule] = Field(default_factory=list)
    webhook_duplicate_rate: float = Field(default=0, ge=0, le=1)
    webhook_shuffle_rate: float = Field(default=0, ge=0, le=1)
    webhook_shuffle_seconds: float = Field(default=0.5, ge=0)


class FaultBox:
    """The faults in force, and the dice."""

    def __init__(self, faults: Faults, dice: random.Random) -> None:
        self._dice = dice
        self.put(faults)

    def put(self, faults: Faults) -> None:
        self.now = faults
        self._since = time.monotonic()

    def add(self, rule: Rule) -> None:
        self.now.rules.append(rule)

    def happens(self, rate: float) -> bool:
        return rate > 0 and self._dice.random() < rate

    def outage(self) -> Outage | None:
        outage = self.now.outage
        if outage and outage.seconds is not None and time.monotonic() > self._since + outage.seconds:
            self.now.outage = None
        return self.now.outage

    def latency_seconds(self) -> float:
        now = self.now
        if now.latency_tail_ms and self.happens(now.latency_tail_share):
            return now.latency_tail_ms / 1000
        if not now.latency_ms:
            return 0.0
        return now.latency_ms / 1000 * self._dice.uniform(1 - now.latency_jitter, 1 + now.latency_jitter)

    def shuffle_delay(self) -> float:
        """Seconds by which a webhook leaves its turn; 0 when it keeps it."""
        if not self.happens(self.now.webhook_shuffle_rate):
            return 0.0
        return self._dice.uniform(0, self.now.webhook_shuffle_seconds)

    def pick(self, call: Call, grant_id: str, player: str) -> Rule | None:
        """The fault that hits this call; a rule that has been used up is taken away."""
        for rule in self.now.rules:
            if rule.fits(call, grant_id, player) and (rule.rate == 1 or self.happens(rule.rate)):
                if rule.count is not None:
                    rule.count -= 1
                    if rule.count == 0:
                        self.now.rules.remove(rule)
                return rule
        if self.happens(self.now.error_rate):
            return Rule(kind=Kind.ERROR, status=self.now.error_status)
        return None
