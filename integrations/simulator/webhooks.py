"""Sends what happened: signed, in order per grant, again and again until it is taken."""

import asyncio
import time
from collections import Counter, deque
from typing import Any, NamedTuple

import aiohttp
import orjson

from integrations.simulator.casino import Webhook
from integrations.simulator.faults import FaultBox
from integrations.simulator.options import Options
from integrations.simulator.signing import webhook_headers

FINAL_REFUSALS = frozenset({400, 404, 413, 422})
"""Sending the same bytes again would change nothing. A 401 may be a secret that is being rotated."""
LONGEST_PAUSE = 5.0


class Reply(NamedTuple):
    status: int
    """0: no answer."""
    body: Any

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


class Sender:
    """`start()` and `close()` belong to the loop in which everything else runs."""

    def __init__(self, options: Options, faults: FaultBox) -> None:
        self.counts: Counter[str] = Counter()
        self.pending = 0
        self._options = options
        self._faults = faults
        self._queues: dict[str, deque[Webhook]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(options.webhook_concurrency)

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session:
            await self._session.close()

    def enqueue(self, webhook: Webhook) -> None:
        """Takes its turn behind the earlier ones of its grant, unless a fault shuffles it; may go twice by a fault."""
        if not self._options.webhook_url:
            self.counts["unsent"] += 1
            return
        copies = 2 if self._faults.happens(self._faults.now.webhook_duplicate_rate) else 1
        for _ in range(copies):
            self.pending += 1
            if delay := self._faults.shuffle_delay():
                self._spawn(self._send_apart(webhook, delay))
            else:
                self._take_turn(webhook)

    async def attempt(self, webhook: Webhook, *, secret: str | None = None) -> Reply:
        """One delivery, signed now; `secret` other than ours makes a bad signature."""
        url = self._options.webhook_url
        if not url or not self._session:
            return Reply(0, None)
        body = orjson.dumps(webhook.body)
        headers = webhook_headers(
            self._options.webhook_scheme,
            secret=secret or self._options.webhook_secret,
            event_id=webhook.event_id,
            body=body,
            now=time.time(),
        )
        headers["Content-Type"] = "application/json"
        self.counts["attempts"] += 1
        timeout = aiohttp.ClientTimeout(total=self._options.webhook_timeout_seconds)
        try:
            async with (
                self._slots,
                self._session.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False) as answer,
            ):
                return Reply(answer.status, _readable(await answer.read()))
        except (aiohttp.ClientError, TimeoutError, ValueError) as trouble:
            return Reply(0, {"trouble": type(trouble).__name__})

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take_turn(self, webhook: Webhook) -> None:
        queue = self._queues.get(webhook.grant_id)
        if queue is None:
            self._queues[webhook.grant_id] = deque([webhook])
            self._spawn(self._drain(webhook.grant_id))
        else:
            queue.append(webhook)

    async def _drain(self, grant_id: str) -> None:
        queue = self._queues[grant_id]
        while queue:
            await self._deliver(queue.popleft())
        del self._queues[grant_id]

    async def _send_apart(self, webhook: Webhook, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._deliver(webhook)

    async def _deliver(self, webhook: Webhook) -> None:
        pause = self._options.backoff_seconds
        while True:
            reply = await self.attempt(webhook)
            if reply.is_taken:
                self._note_taken(webhook, reply)
                return
            if reply.status in FINAL_REFUSALS:
                self.counts["refused"] += 1
                self.pending -= 1
                return
            self.counts["trouble"] += 1
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _note_taken(self, webhook: Webhook, reply: Reply) -> None:
        self.pending -= 1
        self.counts["delivered"] += 1
        self.counts[f"delivered:{webhook.body['event']}"] += 1
        if isinstance(reply.body, dict):
            self.counts["applied" if reply.body.get("applied") else "not_applied"] += 1


def _readable(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[:1000].decode(errors="replace")
