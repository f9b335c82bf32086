"""Whole lives of simulated bonuses follow the rules of the platform's contract, and their sums add up."""

import itertools
import math
import random
import uuid
from fractions import Fraction
from typing import Any

import pytest

from integrations.simulator.embedded import SimulatorThread
from integrations.simulator.orders import Order, read_order
from integrations.simulator.plan import draw
from integrations.simulator.script import Step, life
from integrations.tests.platform_calls import Caller, Receiver, grant_body, options

TYPES = ["deposit_match", "reload", "no_deposit", "cashback", "free_spins", "risk_free_bet"]
ENDINGS = {f"bonus.{s}" for s in ("completed", "auto_completed", "lost", "expired", "forfeited", "cancelled")}
UNCLAIMED_ENDINGS = {"bonus.expired", "bonus.forfeited"}


def order_of(type_: str, **changed: Any) -> Order:
    if type_ == "free_spins":
        spins = {"count": 20, "value_per_spin": 100, "currency": "EUR"}
        changed = {"template__config": spins, "wagering__required_subunit": 0, "wagering__basis": "winnings", **changed}
    return read_order(grant_body(template__type=type_, **changed))


def steps_of(order: Order, seed: int) -> list[Step]:
    dice = random.Random(seed)
    return list(life(order, draw(order, dice), dice))


def progress_after(order: Order, steps: list[Step]) -> Fraction:
    """What we make of it ourselves: each bet by its share, in exact numbers."""
    shares = {"slots": 100, "table": 10, "default": 0}
    done, bets = Fraction(0), {}
    for step in steps:
        data = step.data or {}
        if step.event == "bonus.wagered" and "bet_amount" in data:
            counts = Fraction(data["bet_amount"] * shares.get(data["game_category"], 0), 100)
            counts = Fraction(0) if data["bet_amount"] > (order.max_bet or math.inf) else counts
            done += counts
            bets[data.get("bet_id")] = counts
        elif step.event == "bonus.wagered":
            absolute = data["wagering_progress"] if "wagering_progress" in data else data["total_wagered"]
            assert absolute >= done
            done = Fraction(absolute)
        elif step.event == "bonus.wager_reverted" and "bet_id" in data:
            done = max(Fraction(0), done - bets.pop(data["bet_id"]))
        elif step.event == "bonus.wager_reverted":
            done -= Fraction(data["bet_amount"] * shares.get(data["game_category"], 0), 100)
            assert done >= 0
    return done


def check_order_of_events(order: Order, events: list[str]) -> None:
    rest = events[1:] if events[0] == "bonus.pending" else events
    if rest[0] != "bonus.credited":
        assert len(rest) == 1
        assert rest[0] in UNCLAIMED_ENDINGS
        return
    lives = [
        list(group) for is_turn, group in itertools.groupby(rest[1:], lambda e: e == "bonus.reversed") if not is_turn
    ]
    assert 1 <= len(lives) <= 2
    for played in lives:
        assert played[-1] in ENDINGS
        assert ENDINGS.isdisjoint(played[:-1])
    first = lives[0]
    if order.is_free_spins and first[0] == "bonus.spins_completed":
        first = first[1:]
    elif order.is_free_spins:
        assert len(first) == 1
        assert first[0] in UNCLAIMED_ENDINGS
    assert "bonus.spins_completed" not in first + lives[-1][1:]
    assert events.count("bonus.credited") == 1


def check_money(order: Order, steps: list[Step]) -> None:
    required = order.required
    for number, step in enumerate(steps):
        data = step.data or {}
        if step.event == "bonus.spins_completed":
            required = math.ceil(data["winnings"] * order.multiplier)
            assert data["spins_played"] == 20
            if data["winnings"] == 0:
                assert [s.event for s in steps[number + 1 :]] == ["bonus.lost"]
        if step.event in ENDINGS:
            done = progress_after(order, steps[:number])
            assert (step.event == "bonus.completed") <= (done >= required)
            assert data.get("total_wagered", math.floor(done)) == math.floor(done)
            assert 0 <= data.get("turned_real", 0) <= (order.max_win or math.inf)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"wagering__required_subunit": 600000, "wagering__max_bet_subunit": 500},
        {"wagering__max_bet_subunit": None, "wagering__max_win_subunit": None},
        {"wagering__multiplier": 0, "wagering__required_subunit": 0},
        {"template__expires_at": None},
        {"template__amount_subunit": 1, "wagering__required_subunit": 1},
    ],
    ids=["usual", "long", "no limits", "nothing to wager", "no expiry", "tiny"],
)
def test_every_life_is_legal(type_: str, changed: dict[str, Any]) -> None:
    order = order_of(type_, **changed)
    endings = set()
    for seed in range(150):
        steps = steps_of(order, seed)
        events = [step.event for step in steps]
        assert len(events) <= 150
        assert all(step.pause >= 0 for step in steps)
        check_order_of_events(order, events)
        check_money(order, steps)
        endings.add(events[-1])
        if order.expires_at is None:
            assert "bonus.expired" not in events
    assert endings >= {"bonus.completed", "bonus.lost", "bonus.forfeited"}


def test_bets_stay_within_the_maximum_but_for_one_now_and_then() -> None:
    order = order_of("deposit_match")
    over = [sum((step.data or {}).get("bet_amount", 0) > 2000 for step in steps_of(order, seed)) for seed in range(200)]
    assert set(over) == {0, 1}
    assert over.count(1) < 40


def test_lives_show_all_that_can_happen() -> None:
    order = order_of("deposit_match")
    seen = {step.event for seed in range(200) for step in steps_of(order, seed)}
    assert seen == {"bonus.pending", "bonus.credited", "bonus.wagered", "bonus.wager_reverted", "bonus.reversed"} | (
        ENDINGS - {"bonus.cancelled"}
    )


def test_a_requirement_that_no_game_counts_towards_is_never_completed() -> None:
    order = order_of("deposit_match", wagering__game_contribution={"slots": 0, "default": 0})
    for seed in range(100):
        assert "bonus.completed" not in [step.event for step in steps_of(order, seed)]


def test_an_empty_table_of_contributions_counts_every_bet_in_full() -> None:
    order = order_of("deposit_match", wagering__game_contribution={})
    ended = {steps_of(order, seed)[-1].event for seed in range(100)}
    assert "bonus.completed" in ended


def test_the_same_seed_plays_the_same_life() -> None:
    order = order_of("deposit_match")
    assert steps_of(order, 7) == steps_of(order, 7)
    assert steps_of(order, 7) != steps_of(order, 8)


def test_lives_are_played_over_the_wire_and_the_ledger_comes_out_even() -> None:
    with (
        Receiver() as receiver,
        SimulatorThread(options(lives=True, life_seconds=0.3, webhook_url=receiver.url, seed=3)) as simulator,
    ):
        caller = Caller(simulator.url)
        answered: dict[str, str] = {}
        for number, type_ in enumerate(TYPES * 5):
            body = grant_body(template__type=type_, player_external_id=f"p-{number}")
            answered[body["grant_id"]] = caller.grant(body).json()["status"]
        assert simulator.remote.settle(30)
        state, ledger = simulator.remote.state(), simulator.remote.ledger()
        by_grant: dict[str, list[dict[str, Any]]] = {grant_id: [] for grant_id in answered}
        for event in receiver.bodies:
            by_grant[event["grant_id"]].append(event)
        for grant_id, events in by_grant.items():
            assert (events[0]["event"] == "bonus.pending") == (answered[grant_id] == "pending")
            assert events[-1]["event"] in ENDINGS
            assert caller.status(grant_id).json()["status"] == events[-1]["event"].removeprefix("bonus.")
            assert simulator.remote.ledger_of(grant_id)["balance"] == 0
        assert len({event["event_id"] for event in receiver.bodies}) == len(receiver.bodies)
        assert state["lives_running"] == 0
        assert state["webhooks"]["delivered"] == len(receiver.bodies)
        assert ledger["double_credits"] == {}
        bonus_money = ledger["totals"]["EUR"]["bonus"]
        assert bonus_money["credit"] == bonus_money["debit"] > 0
        assert set(answered.values()) == {"credited", "pending"}


def test_a_cancelled_life_plays_no_further() -> None:
    with (
        Receiver() as receiver,
        SimulatorThread(options(lives=True, life_seconds=600, webhook_url=receiver.url)) as simulator,
    ):
        caller = Caller(simulator.url)
        body = grant_body(grant_id=str(uuid.uuid4()))
        caller.grant(body)
        assert caller.cancel(body["grant_id"]).status == 200
        assert simulator.remote.settle(10)
        assert receiver.bodies[-1]["event"] == "bonus.cancelled"
        assert simulator.remote.state()["lives_running"] == 0
