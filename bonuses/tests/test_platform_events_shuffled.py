"""Whatever the platform sends, in whatever order and however often: the history stays legal and is told once."""

import uuid
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bonuses.lifecycle import ALLOWED, ENDED, Status
from bonuses.models import Grant, GrantTransition
from bonuses.services.platform_event import receive
from bonuses.services.transition import GrantNotFound
from bonuses.tests.platform_reports import at, current, deliver, drifts, life_of, promised, report, told
from bonuses.webhook_events import DATA, MalformedEvent, parse
from integrations.models import OutgoingEvent, WebhookDelivery

pytestmark = pytest.mark.django_db
with_database = settings(
    max_examples=60,
    deadline=None,
    # The database is not emptied between examples; each has a grant of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

TEMPLATES: dict[str, dict[str, Any]] = {
    "plain": {"wagering_requirement_multiplier": 1},
    "limited": {"wagering_requirement_multiplier": 1, "max_bet_during_wagering": 200},
    "wager-free": {},
    "spins": {"type": "free_spins", "wagering_requirement_multiplier": 1},
}
minor = st.integers(0, 1200)
bet_ids = st.sampled_from([None, "b-1", "b-2"])
EVENTS = {
    "bonus.pending": st.none(),
    "bonus.credited": st.none(),
    "bonus.spins_completed": st.fixed_dictionaries({"winnings": minor}),
    "bonus.wagered": st.one_of(
        st.fixed_dictionaries({"bet_amount": minor, "game_category": st.just("slots"), "bet_id": bet_ids}),
        st.fixed_dictionaries({"total_wagered": minor}),
    ),
    "bonus.wager_reverted": st.fixed_dictionaries(
        {"bet_amount": minor, "game_category": st.just("slots"), "bet_id": bet_ids}
    ),
    "bonus.completed": st.fixed_dictionaries({}, optional={"turned_real": minor, "total_wagered": minor}),
    "bonus.auto_completed": st.fixed_dictionaries({}, optional={"turned_real": minor}),
    "bonus.lost": st.none(),
    "bonus.expired": st.none(),
    "bonus.forfeited": st.none(),
    "bonus.cancelled": st.none(),
    "bonus.reversed": st.fixed_dictionaries({}, optional={"amount": minor}),
}
one_event = st.sampled_from(sorted(EVENTS)).flatmap(
    lambda name: st.tuples(st.just(name), EVENTS[name], st.integers(0, 30))
)
ENDING = st.sampled_from(["completed", "auto_completed", "lost", "expired", "forfeited", "cancelled"])


def bodies(grant: Grant, events: list[tuple[str, Any, int]]) -> list[bytes]:
    return [report(grant, name, data, ts=at(minute)) for name, data, minute in events]


def send(grant: Grant, sent: list[bytes]) -> None:
    for body in sent:
        answer = receive(adapter=grant.adapter, body=body, headers={})
        assert answer.new_status == current(grant).status


def snapshot(grant: Grant) -> tuple[Any, ...]:
    bets = sorted(grant.bets.values_list("bet_id", "counted_hundredths", "is_reverted"))
    return Grant.objects.filter(pk=grant.pk).values().get(), life_of(grant), told(grant), drifts(grant), bets


def check(grant: Grant) -> None:
    """What must hold after every history."""
    life_of(grant)
    now = current(grant)
    steps = GrantTransition.objects.filter(grant=grant).order_by("seq")
    for step in steps[1:]:
        assert step.to_status in ALLOWED[Status(step.from_status)]
    assert now.life == sum(step.to_status == Status.REVERSED for step in steps)
    assert now.progress_hundredths >= 0
    assert (now.ended_at is not None) == (now.state in ENDED)
    rows = list(OutgoingEvent.objects.filter(grant_id=grant.pk).order_by("id"))
    assert max(Counter(row.key for row in rows).values(), default=1) == 1
    bonus = [row for row in rows if row.kind == "BONUS"]
    once = Counter((row.key.split(":")[0], row.status) for row in bonus if row.status != "Ongoing")
    assert max(once.values(), default=1) == 1
    ongoing = [int(row.key.rpartition(":")[2]) for row in bonus if row.status == "Ongoing"]
    assert ongoing == sorted(set(ongoing))
    if now.terms.type == "free_spins":
        assert [row.status for row in bonus][:1] in ([], ["Created"])
        assert bool(bonus) == (now.spins_completed_at is not None)
    else:
        had = [step for step in steps[1:] if (step.from_status, step.to_status) != ("queued", "cancelled")]
        assert [row.status for row in bonus if row.status != "Ongoing"] == [_told_as(step) for step in had]


def _told_as(step: GrantTransition) -> str:
    names = {"active": "Created", "auto_completed": "AutoCompleted", "cancelled": "Forfeited"}
    return names.get(step.to_status, step.to_status.capitalize())


@given(kind=st.sampled_from(sorted(TEMPLATES)), events=st.lists(one_event, max_size=14))
@with_database
def test_any_sequence_leaves_a_legal_history_and_its_replay_changes_nothing(
    kind: str, events: list[tuple[str, Any, int]]
) -> None:
    grant = promised(**TEMPLATES[kind])
    sent = bodies(grant, events)
    send(grant, sent)
    check(grant)
    before = snapshot(grant)
    send(grant, sent)
    send(grant, list(reversed(sent)))
    assert snapshot(grant) == before
    event(f"ends {current(grant).status}")


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[str, Any, int]]:
    """What a platform reports of one bonus from its gift to its end, with as many reversals as it likes."""
    wager = st.fixed_dictionaries({"bet_amount": st.integers(1, 300), "game_category": st.just("slots")})
    names: list[tuple[str, Any]] = [("bonus.pending", None)] if draw(st.booleans()) else []
    names.append(("bonus.credited", None))
    for turn in range(draw(st.integers(1, 3))):
        if turn:
            names.append(("bonus.reversed", None))
        names += [("bonus.wagered", data) for data in draw(st.lists(wager, max_size=3))]
        names.append((f"bonus.{draw(ENDING)}", None))
    return [(name, data, minute) for minute, (name, data) in enumerate(names)]


@given(life=lives(), data=st.data())
@with_database
def test_in_order_the_history_is_the_platforms_however_often_each_report_comes(
    life: list[tuple[str, Any, int]], data: st.DataObject
) -> None:
    grant = promised(wagering_requirement_multiplier=1)
    sent = bodies(grant, life)
    for index, body in enumerate(sent):
        send(grant, [body])
        send(grant, data.draw(st.lists(st.sampled_from(sent[: index + 1]), max_size=2)))
    moves = [name.removeprefix("bonus.") for name, _, _ in life if name != "bonus.wagered"]
    assert life_of(grant) == ["queued", *("active" if move == "credited" else move for move in moves)]
    assert current(grant).wagering_progress == sum(d["bet_amount"] for name, d, _ in life if name == "bonus.wagered")
    check(grant)


@given(life=lives(), data=st.data())
@with_database
def test_shuffled_and_doubled_it_is_legal_and_ends_or_is_back(
    life: list[tuple[str, Any, int]], data: st.DataObject
) -> None:
    grant = promised(wagering_requirement_multiplier=1)
    sent = bodies(grant, life)
    send(grant, data.draw(st.permutations(sent + data.draw(st.lists(st.sampled_from(sent), max_size=4)))))
    check(grant)
    if not any(name == "bonus.reversed" for name, _, _ in life):
        assert current(grant).status == life[-1][0].removeprefix("bonus.")
        assert current(grant).has_ended


@given(life=lives(), data=st.data())
@with_database
def test_once_credited_it_ends_as_the_platform_says_whatever_overtakes_whatever(
    life: list[tuple[str, Any, int]], data: st.DataObject
) -> None:
    grant = promised(wagering_requirement_multiplier=1)
    deliver(grant, "bonus.credited", ts=at(-1))
    sent = bodies(grant, [step for step in life if step[0] not in ("bonus.pending", "bonus.credited")])
    send(grant, data.draw(st.permutations(sent)))
    check(grant)
    assert current(grant).status == life[-1][0].removeprefix("bonus.")
    back = [minute for name, _, minute in life if name == "bonus.reversed"]
    if back:
        assert not WebhookDelivery.objects.filter(grant_id=grant.pk, event="bonus.reversed", outcome="early").exists()


@given(life=lives(), cuts=st.lists(st.booleans(), min_size=20, max_size=20))
@with_database
def test_what_is_lost_on_the_way_is_implied_by_what_follows(life: list[tuple[str, Any, int]], cuts: list[bool]) -> None:
    grant = promised(wagering_requirement_multiplier=1)
    arrived = [step for step, cut in zip(life, cuts, strict=False) if not cut or step is life[-1]]
    send(grant, bodies(grant, arrived))
    check(grant)


@given(body=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@settings(max_examples=200, deadline=None)
def test_no_bytes_but_a_malformed_event(body: bytes) -> None:
    with pytest.raises(MalformedEvent):
        parse(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["winnings", "bet_amount", "game_category", "bet_id", "total_wagered", "turned_real", "reason", "amount"]


@given(
    name=st.sampled_from([*DATA, "bonus.sparkled"]),
    data=json_values | st.dictionaries(st.sampled_from([*FIELDS, "expires_at", "locked_amount"]), json_values),
    ts=json_values | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    more=st.dictionaries(st.sampled_from(["event_id", "platform_bonus_id", "grant_id", "x"]), json_values, max_size=2),
)
@settings(with_database, max_examples=150)
def test_every_signed_report_is_taken_or_refused_as_malformed_or_unknown(
    name: str, data: Any, ts: Any, more: dict[str, Any]
) -> None:
    grant = promised(wagering_requirement_multiplier=1)
    body = report(grant, name, data, **{"event_id": str(uuid.uuid4()), **more})
    if isinstance(ts, str) and "T" in ts:
        body = body.replace(at(0).isoformat().encode(), ts.encode())
    try:
        receive(adapter=grant.adapter, body=body, headers={})
    except (MalformedEvent, GrantNotFound) as refused:
        event(type(refused).__name__)
        assert life_of(grant) == ["queued"]
        assert told(grant) == []
    else:
        event("taken")
        check(grant)
