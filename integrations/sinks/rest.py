import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

from django.conf import settings

from integrations import http
from integrations.failpoints import failpoint
from integrations.models import EventKind
from integrations.sinks.base import DELIVERED, UNTRIED, Journal, Message, Outcome, Refused, Trouble

PATHS = {EventKind.BONUS: "/v1/integration/bonus", EventKind.CUSTOM: "/v1/integration/custom"}
REFUSALS = frozenset({400, 422})
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 2.0, 3.0, 3.5


class RestSink:
    """Posts each event by itself: grants side by side, the events of one grant one after the other."""

    batch_size = 500

    def __init__(self, *, base_url: str, api_key: str, concurrency: int) -> None:
        self.base_url = base_url.rstrip("/")
        self.api_key = api_key
        self.concurrency = concurrency
        # For the batches of a round, at the end of which nobody knows this sink any more; then its threads end as well.
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="fasttrack")

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
        work = _Work(batch, deadline=deadline, troubles_left=self.concurrency)
        helpers = [self._pool.submit(self._help, work) for _ in range(min(self.concurrency, work.size))]
        try:
            wait(helpers)
        finally:
            # Nobody sends any more once we have returned, whatever it was that ended the wait.
            work.stop()
            wait(helpers)
        outcomes: dict[int, Outcome] = {}
        for helper in helpers:
            outcomes |= helper.result()
        return [outcomes.get(message.id, UNTRIED) for message in batch]

    def _help(self, work: "_Work") -> dict[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        while messages := work.next_grant():
            self._send_in_order(messages, work, outcomes)
        return outcomes

    def _send_in_order(self, messages: Sequence[Message], work: "_Work", outcomes: dict[int, Outcome]) -> None:
        for message in messages:
            if work.is_over():
                return
            outcome = outcomes[message.id] = self._post(message)
            if isinstance(outcome, Trouble):
                work.note_trouble()
            if outcome is not DELIVERED:
                return

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
            failpoint("rest.posted")
            return DELIVERED
        said = f"HTTP {response.status}: {response.body[:300].decode(errors='replace')}"
        return Refused(said) if response.status in REFUSALS else Trouble(said)


class _Work:
    """What the threads of one batch share: when a receiver is down, not every grant need wait for it to time out."""

    def __init__(self, batch: Sequence[Message], *, deadline: float, troubles_left: int) -> None:
        grants: dict[uuid.UUID, list[Message]] = {}
        for message in batch:
            grants.setdefault(message.grant_id, []).append(message)
        self._grants = deque(grants.values())
        self.size = len(grants)
        self._deadline = deadline
        self._troubles_left = troubles_left
        self._lock = threading.Lock()

    def next_grant(self) -> Sequence[Message]:
        """Empty when there is none."""
        with self._lock:
            return self._grants.popleft() if self._grants and not self.is_over() else ()

    def is_over(self) -> bool:
        return self._troubles_left <= 0 or time.monotonic() >= self._deadline

    def note_trouble(self) -> None:
        with self._lock:
            self._troubles_left -= 1

    def stop(self) -> None:
        self._deadline = 0.0
