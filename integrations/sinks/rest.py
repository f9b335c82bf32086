import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from integrations import http
from integrations.models import EventKind
from integrations.sinks.base import DELIVERED, UNTRIED, Journal, Message, Outcome, Refused, Trouble

PATHS = {EventKind.BONUS: "/v1/integration/bonus", EventKind.CUSTOM: "/v1/integration/custom"}
REFUSALS = frozenset({400, 422})
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 2.0, 3.0, 4.0


class RestSink:
    """Posts each event by itself: grants side by side, the events of one grant one after the other."""

    batch_size = 200

    def __init__(self, *, base_url: str, api_key: str, concurrency: int) -> None:
        self.base_url = base_url.rstrip("/")
        self.api_key = api_key
        self.concurrency = concurrency

    @classmethod
    def from_settings(cls) -> "RestSink":
        return cls(
            base_url=settings.FASTTRACK_REST_URL,
            api_key=settings.FASTTRACK_REST_API_KEY,
            concurrency=getattr(settings, "FASTTRACK_REST_CONCURRENCY", 8),
        )

    def start(self, epoch: int, journal: Journal) -> Sequence[int]:
        """Nothing is kept between batches."""
        return ()

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        work = _Work(deadline=deadline, troubles_left=self.concurrency)
        grants: dict[Any, list[Message]] = {}
        for message in batch:
            grants.setdefault(message.grant_id, []).append(message)
        outcomes: dict[int, Outcome] = {}
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="fasttrack") as pool:
            for done in pool.map(lambda messages: self._send_in_order(messages, work), grants.values()):
                outcomes |= done
        return [outcomes.get(message.id, UNTRIED) for message in batch]

    def _send_in_order(self, messages: Sequence[Message], work: "_Work") -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        for message in messages:
            if work.is_over():
                break
            outcome = outcomes[message.id] = self._post(message)
            if isinstance(outcome, Trouble):
                work.note_trouble()
            if outcome is not DELIVERED:
                break
        return outcomes

    def _post(self, message: Message) -> Outcome:
        headers = {
            "Content-Type": "application/json",
            "X-Api-Key": self.api_key,
            "Idempotency-Key": str(message.event_id),
        }
        try:
            response = http.send(
                "POST",
                self.base_url + PATHS[EventKind(message.kind)],
                headers=headers,
                body=message.body.encode(),
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                total_timeout=TOTAL_SECONDS,
            )
        except http.HttpTrouble as trouble:
            return Trouble(str(trouble))
        if 200 <= response.status < 300:
            return DELIVERED
        said = f"HTTP {response.status}: {response.body[:300].decode(errors='replace')}"
        return Refused(said) if response.status in REFUSALS else Trouble(said)


class _Work:
    """What the threads of one batch share: when a receiver is down, not every grant need wait for it to time out."""

    def __init__(self, *, deadline: float, troubles_left: int) -> None:
        self._deadline = deadline
        self._troubles_left = troubles_left
        self._lock = threading.Lock()

    def is_over(self) -> bool:
        return self._troubles_left <= 0 or time.monotonic() >= self._deadline

    def note_trouble(self) -> None:
        with self._lock:
            self._troubles_left -= 1
