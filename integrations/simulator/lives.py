"""Plays the lives of bonuses in scaled time: one timer a life, no task."""

import asyncio
from collections import Counter
from collections.abc import Iterator

from integrations.simulator.bonus import Bonus
from integrations.simulator.casino import Casino
from integrations.simulator.chance import seeded
from integrations.simulator.options import Options
from integrations.simulator.orders import Order
from integrations.simulator.plan import Plan, draw
from integrations.simulator.script import Step, life


class Lives:
    def __init__(self, options: Options, casino: Casino) -> None:
        self._options = options
        self._casino = casino
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._of_player: Counter[str] = Counter()

    @property
    def running(self) -> int:
        return len(self._timers)

    def plan(self, order: Order) -> Plan:
        """Depends on the seed, the player and how many bonuses he had: the same run plays the same lives."""
        self._of_player[order.player] += 1
        return draw(order, seeded(self._options.seed, order.player, order.type, self._of_player[order.player]))

    def begin(self, bonus: Bonus, plan: Plan) -> None:
        dice = seeded(self._options.seed, "life", bonus.order.player, self._of_player[bonus.order.player])
        self._arm(bonus, life(bonus.order, plan, dice))

    def stop(self, grant_id: str) -> None:
        if timer := self._timers.pop(grant_id, None):
            timer.cancel()

    def stop_all(self) -> None:
        for grant_id in list(self._timers):
            self.stop(grant_id)

    def _arm(self, bonus: Bonus, script: Iterator[Step]) -> None:
        step = next(script, None)
        if step is None:
            self._timers.pop(bonus.grant_id, None)
            return
        seconds = step.pause * self._options.life_seconds
        loop = asyncio.get_running_loop()
        self._timers[bonus.grant_id] = loop.call_later(seconds, self._play, bonus, script, step)

    def _play(self, bonus: Bonus, script: Iterator[Step], step: Step) -> None:
        if not bonus.allows(step.event):
            # Somebody else has ended it: a cancel, or an event sent by hand.
            self.stop(bonus.grant_id)
            return
        self._casino.happen(bonus, step.event, step.data)
        self._arm(bonus, script)
