"""All the parts of one simulated platform, wired together. One event loop, no locks."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import web

from integrations.simulator.bonus import Bonus
from integrations.simulator.casino import Answer, Casino, Webhook
from integrations.simulator.chance import seeded
from integrations.simulator.faults import FaultBox, Faults
from integrations.simulator.lives import Lives
from integrations.simulator.options import Options
from integrations.simulator.orders import Order
from integrations.simulator.webhooks import Sender

SETTLE_POLL_SECONDS = 0.02


class Simulator:
    def __init__(self, options: Options, faults: Faults) -> None:
        self.options = options
        self.faults = FaultBox(faults, seeded(options.seed, "faults"))
        self.sender = Sender(options, self.faults)
        self.casino = Casino(self.faults, self.sender.enqueue)
        self.lives = Lives(options, self.casino)
        self.calls: Counter[str] = Counter()
        self.played: Counter[str] = Counter()
        self.late = 0
        self._background: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await self.sender.start()

    async def close(self) -> None:
        self.lives.stop_all()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.sender.close()

    def grant(self, order: Order, digest: bytes) -> Answer:
        known = self.casino.find(order.grant_id)
        if known:
            return self.casino.repeat(known, digest)
        if refusal := self.casino.refusal(order):
            return refusal
        if self.options.lives:
            plan = self.lives.plan(order)
            bonus = self.casino.open(order, digest, status=plan.opening)
            self.lives.begin(bonus, plan)
        else:
            bonus = self.casino.open(order, digest, status=self.options.opening)
        return Answer(201, {"platform_bonus_id": bonus.platform_bonus_id, "status": bonus.answered})

    def cancel(self, bonus: Bonus, reason: str) -> Answer:
        answer = self.casino.cancel(bonus, reason)
        if answer.status == 200:
            self.lives.stop(bonus.grant_id)
        return answer

    def later(self, seconds: float, work: Callable[[], Answer]) -> asyncio.Task[None]:
        """Do the work when the time has come, whether or not anybody still waits for it."""

        async def wait_and_work() -> None:
            try:
                await asyncio.sleep(seconds)
                work()
            finally:
                self.late -= 1

        self.late += 1
        task = asyncio.get_running_loop().create_task(wait_and_work())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    def make_happen(self, webhook: Webhook) -> None:
        """An event sent by hand moves the bonus too, where the platform's own rules allow it."""
        bonus = self.casino.find(webhook.grant_id)
        if bonus and bonus.allows(webhook.body["event"]):
            self.casino.carry_out(bonus, webhook.body["event"], webhook.body.get("data") or {})

    async def settle(self, timeout_seconds: float) -> bool:
        """Whether within that time all lives ended, all late work was done and all webhooks were answered."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while self.lives.running or self.late or self.sender.pending:
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(SETTLE_POLL_SECONDS)
        return True

    def state(self) -> dict[str, Any]:
        return {
            "calls": dict(self.calls),
            "faults_played": dict(self.played),
            "repeats": {"all": 0, "with_other_bytes": 0, **self.casino.repeats},
            "grants": {status: count for status, count in self.casino.counts.items() if count},
            "lives_running": self.lives.running,
            "late_work": self.late,
            "webhooks": {"pending": self.sender.pending, **self.sender.counts},
        }


SIMULATOR = web.AppKey("simulator", Simulator)
