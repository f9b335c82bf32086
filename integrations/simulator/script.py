"""A whole life as a list of events, one after another. Knows no clock and no wire."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from integrations.simulator.casino import EPOCH, rfc3339
from integrations.simulator.orders import Order
from integrations.simulator.plan import Plan
from integrations.simulator.table import Event, Table

USUAL_STEPS = 14
EXTENSION = timedelta(days=7)


class Step(NamedTuple):
    pause: float
    """Before it, as a share of the life's length."""
    event: str
    data: dict[str, Any] | None


def life(order: Order, plan: Plan, dice: random.Random) -> Iterator[Step]:
    """The events of a bonus from its grant to its end."""
    pause = 0.0
    for event in _events(order, plan, dice):
        data = event.data or (None if dice.random() < 0.5 else {})
        yield Step(pause, event.name, data)
        pause = plan.tempo * dice.uniform(0.5, 1.5) / USUAL_STEPS


def _events(order: Order, plan: Plan, dice: random.Random) -> Iterator[Event]:
    if plan.pending:
        yield Event("bonus.pending", {})
        if plan.unplayed and not (order.is_free_spins and dice.random() < 0.5):
            yield _unplayed(plan)
            return
    yield Event("bonus.credited", {})
    if plan.unplayed and order.is_free_spins:
        yield _unplayed(plan)
        return
    funds, required = order.amount, order.required
    if order.is_free_spins:
        funds, required = plan.winnings, order.required_of_winnings(plan.winnings)
        yield Event("bonus.spins_completed", {"winnings": funds, "spins_played": order.spins})
        if funds == 0:
            yield Event("bonus.lost", {})
            return
    yield from _played(
        order, plan, Table(order, required=required, bet_ids=dice.random() < 0.8, dice=dice), funds, dice
    )


def _unplayed(plan: Plan) -> Event:
    return Event(f"bonus.{plan.ending}", {"reason": "not_played"} if plan.ending == "forfeited" else {})


def _played(order: Order, plan: Plan, table: Table, funds: int, dice: random.Random) -> Iterator[Event]:
    completes = plan.ending == "completed"
    share = Fraction(1) if completes else Fraction(dice.randint(5, 90), 100)
    yield from table.play(table.required * share / 2)
    if plan.over_max:
        yield from table.over_max()
    if plan.reverts:
        yield from table.take_back()
    yield from table.play(table.required * share)
    ending = "lost" if completes and not table.is_met else plan.ending
    yield _ending(order, plan, table, ending, funds)
    if plan.reversed:
        yield from _second_life(order, plan, table, funds, dice)


def _ending(order: Order, plan: Plan, table: Table, ending: str, funds: int) -> Event:
    return Event(f"bonus.{ending}", ENDING_DATA[ending](order, plan, table, funds))


def _completed(order: Order, plan: Plan, table: Table, funds: int) -> dict[str, Any]:
    won = int(funds * plan.turned_real_share)
    return {
        "total_wagered": int(table.done),
        "turned_real": won if order.max_win is None else min(won, order.max_win),
    }


def _dregs(order: Order, _plan: Plan, _table: Table, funds: int) -> dict[str, Any]:
    """The little that is left of a bonus that the platform clears away by itself."""
    return {"turned_real": min(funds // 100, 9, funds if order.max_win is None else order.max_win)}


def _reason(*_: object) -> dict[str, Any]:
    return {"reason": "player_request"}


def _nothing(*_: object) -> dict[str, Any]:
    return {}


ENDING_DATA: dict[str, Callable[[Order, Plan, Table, int], dict[str, Any]]] = {
    "completed": _completed,
    "auto_completed": _dregs,
    "forfeited": _reason,
    "expired": _nothing,
    "lost": _nothing,
}


def _second_life(order: Order, plan: Plan, table: Table, funds: int, dice: random.Random) -> Iterator[Event]:
    """A withdrawal was cancelled: the bonus is back and is played on."""
    data: dict[str, Any] = {"amount": funds}
    if order.expires_at is not None and dice.random() < 0.5:
        later = order.expires_at + EXTENSION
        data["expires_at"] = rfc3339((later - EPOCH) // timedelta(microseconds=1))
    yield Event("bonus.reversed", data)
    yield from table.play(Fraction(table.required))
    yield _ending(order, plan, table, "completed" if table.is_met else "lost", funds)
