"""What every sink promises, as a stranger at the receiving end sees it."""

import threading
import uuid
from collections.abc import Iterable, Sequence

import pytest

from integrations.models import EventKind
from integrations.sinks.base import DELIVERED, UNTRIED, Delivered, Message, Refused, Trouble, Untried
from integrations.sinks.registry import SINKS
from integrations.tests.lessee import Lessee, message
from integrations.tests.sink_worlds import WORLDS, SinkWorld
from integrations.tests.threads import in_thread
from scripts.eyes.base import Seen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]

BODIES = {
    "empty": "{}",
    "not ASCII": '{"bonus_code":"Grüße-ваучер-奖金-🎰"}',
    "quotes": '{"a":"\\"quoted\\" \\\\ and \'single\' </script>"}',
    "control characters": '{"a":"\\u0000\\n\\t\u2028\u007f"}',
    "looks like our own envelope": '{"type":"CUSTOM","event_id":"0","payload":{"payload":1}}',
    "numbers as they were written": '{"amount":20.0,"rate":1e-05,"big":100000000000000000000000}',
    "large": '{"meta":"' + "ä" * 100_000 + '"}',
}


def numbers(seen: Iterable[Seen]) -> list[int]:
    return [uuid.UUID(one.event_id).int for one in seen]


def firsts(values: Iterable[int]) -> list[int]:
    """In the order of first receipt."""
    return list(dict.fromkeys(values))


def by_grant(batch: Sequence[Message], world: SinkWorld) -> dict[int, list[int]]:
    """What was seen of each grant, in order."""
    grants = {one.id: one.grant_id.int for one in batch}
    seen: dict[int, list[int]] = {grant: [] for grant in grants.values()}
    for number in numbers(world.read()):
        seen[grants[number]].append(number)
    return seen


def expected(batch: Sequence[Message]) -> dict[int, list[int]]:
    sent: dict[int, list[int]] = {}
    for one in batch:
        sent.setdefault(one.grant_id.int, []).append(one.id)
    return sent


@pytest.fixture
def lessee(sink: str, world: SinkWorld) -> Lessee:
    lessee = Lessee(sink)
    lessee.start()
    return lessee


def test_each_sink_has_a_world() -> None:
    assert set(WORLDS) == set(SINKS)


@pytest.mark.parametrize("kind", list(EventKind))
def test_type_id_and_body_arrive_as_they_are(lessee: Lessee, world: SinkWorld, kind: EventKind) -> None:
    batch = [message(n, kind=kind, body=body) for n, body in enumerate(BODIES.values(), start=1)]
    assert lessee.send(*batch) == [DELIVERED] * len(batch)
    seen = [(one.kind, one.event_id, one.body) for one in world.read()]
    assert seen == [(kind, str(one.event_id), one.body.encode()) for one in batch]
    assert {one.user_id for one in world.read()} == {"player-1" if world.carries_user_id else ""}


def test_an_empty_batch_is_nothing(lessee: Lessee, world: SinkWorld) -> None:
    assert lessee.send() == []
    assert world.read() == []


def test_a_grants_events_arrive_in_order_within_a_batch_and_over_batches(lessee: Lessee, world: SinkWorld) -> None:
    batch = [message(n, grant=1 + n % 4) for n in range(1, 61)]
    for part in (batch[:20], batch[20:21], batch[21:]):
        assert lessee.send(*part) == [DELIVERED] * len(part)
    assert by_grant(batch, world) == expected(batch)


def test_takes_a_batch_of_the_size_it_names(lessee: Lessee, world: SinkWorld) -> None:
    size = lessee.sink.batch_size
    batch = [message(n, grant=1 + n % (size // 2)) for n in range(1, size + 1)]
    assert lessee.send(*batch) == [DELIVERED] * size
    assert by_grant(batch, world) == expected(batch)


def test_nothing_is_sent_once_the_time_is_up(lessee: Lessee, world: SinkWorld) -> None:
    batch = [message(1), message(2), message(3, grant=2)]
    assert lessee.send(*batch, seconds=-1) == [UNTRIED] * 3
    assert lessee.send(message(4, grant=3)) == [DELIVERED]
    assert numbers(world.read()) == [4]


def test_the_same_event_sent_twice_goes_under_the_same_id(lessee: Lessee, world: SinkWorld) -> None:
    for _ in range(2):
        assert lessee.send(message(1)) == [DELIVERED]
    first, second = world.read()
    assert (first.kind, first.event_id, first.body) == (second.kind, second.event_id, second.body)


def test_goes_on_under_each_new_lease(lessee: Lessee, world: SinkWorld) -> None:
    for number in range(1, 4):
        assert lessee.send(message(number)) == [DELIVERED]
        assert lessee.start() == ()
    assert lessee.start() == ()
    assert lessee.send(message(4)) == [DELIVERED]
    assert numbers(world.read()) == [1, 2, 3, 4]


def test_another_deliverer_goes_on_where_this_one_has_stopped(lessee: Lessee, world: SinkWorld) -> None:
    assert lessee.send(message(1)) == [DELIVERED]
    assert in_thread(lambda: lessee.try_to_send(message(2))) == [DELIVERED]
    assert numbers(world.read()) == [1, 2]


def test_one_that_was_taken_over_from_raises_nothing(sink: str, lessee: Lessee, world: SinkWorld) -> None:
    """It learns from the outbox, or from its receiver, that it has lost its lease."""
    successor = Lessee(sink, epoch=lessee.epoch)
    assert lessee.send(message(1)) == [DELIVERED]
    assert in_thread(lambda: successor.try_to_send(message(2))) == [DELIVERED]
    [late] = lessee.send(message(3))
    assert isinstance(late, Trouble if world.is_seen_once else Delivered)
    assert numbers(world.read()) == ([1, 2] if world.is_seen_once else [1, 2, 3])


def test_a_receiver_that_is_away_is_trouble_until_it_is_back(sink: str, world: SinkWorld) -> None:
    lessee = Lessee(sink)
    batch = [message(n, grant=n) for n in range(1, 31)]
    world.cut()
    outcomes = lessee.try_to_send(*batch, seconds=1)
    assert {type(outcome) for outcome in outcomes} <= {Trouble, Untried}
    assert isinstance(outcomes[0], Trouble)
    world.resume()
    assert lessee.try_to_send(*batch) == [DELIVERED] * 30
    assert by_grant(batch, world) == expected(batch)


def test_a_receiver_that_goes_away_between_batches_is_trouble_until_it_is_back(
    lessee: Lessee, world: SinkWorld
) -> None:
    first, second, third = (message(n, grant=n) for n in (1, 2, 3))
    assert lessee.send(first) == [DELIVERED]
    world.cut()
    [outcome] = lessee.send(second, seconds=1)
    assert isinstance(outcome, Trouble)
    world.resume()
    assert lessee.try_to_send(second, third) == [DELIVERED] * 2
    assert by_grant([first, second, third], world) == {1: [1], 2: [2], 3: [3]}


@pytest.mark.parametrize("sink", [name for name, world in WORLDS.items() if world.poison])
def test_a_refused_event_holds_the_later_ones_of_its_grant_only(lessee: Lessee, world: SinkWorld) -> None:
    batch = [message(1), message(2, body=world.poison), message(3), message(4, grant=2), message(5, grant=2)]
    outcomes = lessee.send(*batch)
    assert isinstance(outcomes[1], Refused)
    assert outcomes[2] == UNTRIED
    # A sink may put off the others; they go without the one that was refused and what comes after it.
    others = [one for one, outcome in zip(batch, outcomes, strict=True) if one.id not in {2, 3} and outcome == UNTRIED]
    assert not others or lessee.send(*others) == [DELIVERED] * len(others)
    assert by_grant(batch, world) == {1: [1], 2: [4, 5]}


@pytest.mark.parametrize("sink", [name for name, world in WORLDS.items() if world.is_networked])
def test_a_connection_that_breaks_within_a_batch_loses_and_reorders_nothing(lessee: Lessee, world: SinkWorld) -> None:
    proxy = world.proxy
    batch = [message(n, grant=1 + n % 5) for n in range(1, 101)]
    proxy.stall_answers_after(batch[50].body.encode())

    def cut() -> None:
        proxy.tripped.wait(30)
        proxy.cut()

    cutter = threading.Thread(target=cut)
    cutter.start()
    outcomes = lessee.send(*batch)
    cutter.join(30)
    assert any(isinstance(outcome, Trouble) for outcome in outcomes)
    delivered = {one.id for one, outcome in zip(batch, outcomes, strict=True) if isinstance(outcome, Delivered)}
    assert delivered <= set(numbers(world.read())), "what is called delivered has arrived"
    for ids in expected(batch).values():
        assert [n for n in ids if n in delivered] == ids[: len(delivered & set(ids))], "nothing was left out"
    proxy.resume()
    arrived = set(lessee.start()) | delivered
    rest = [one for one in batch if one.id not in arrived]
    assert lessee.send(*rest) == [DELIVERED] * len(rest)
    seen = by_grant(batch, world)
    assert {grant: firsts(ids) for grant, ids in seen.items()} == expected(batch)
    if world.is_seen_once:
        assert seen == expected(batch)
