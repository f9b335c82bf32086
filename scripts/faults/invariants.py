"""What must be true after whatever happened, computed from the outside: SQL, the receivers' own records, the ledger.

Shares no code with the product; what an event must look like stands here a second time, from `spec/03`'s table.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from scripts.eyes.base import Seen
from scripts.faults.base import Violated
from scripts.faults.world import World

EXACTLY_ONCE = frozenset({"kafka"})
"""The others may get an event again, under the same id."""


def settled(world: World) -> dict[str, int]:
    """All that holds of the sinks once nothing is left to do. Returns `duplicates_<sink>` for each."""
    nothing_pending(world)
    return {f"duplicates_{sink}": delivered(world, sink) for sink in world.sinks}


def nothing_pending(world: World) -> None:
    left = world.sql(
        """
        SELECT sink, count(*), min(last_error) FROM integrations_outgoingevent
        WHERE delivered_at IS NULL AND skipped_at IS NULL GROUP BY sink
        """
    )
    if left:
        raise Violated(f"not delivered: {left}")


def delivered(world: World, sink: str) -> int:
    """What the receiver got is what is stored as delivered; how many came more than once."""
    stored = world.sql(
        """
        SELECT event_id::text, kind, user_id, body, grant_id::text FROM integrations_outgoingevent
        WHERE sink = %s AND delivered_at IS NOT NULL ORDER BY id
        """,
        sink,
    )
    seen = world.seen(sink)
    _same_events(sink, stored, seen)
    _same_order(sink, [(row[4], row[0]) for row in stored], seen)
    return repeats(sink, seen)


def repeats(sink: str, seen: Iterable[Seen]) -> int:
    """How many came again. Always under the same id with the same body; to Kafka's committed readers none at all."""
    bodies: dict[str, bytes] = {}
    again: Counter[str] = Counter()
    for one in seen:
        if bodies.setdefault(one.event_id, one.body) != one.body:
            raise Violated(f"{sink}: event {one.event_id} came again with another body")
        again[one.event_id] += 1
    count = again.total() - len(again)
    if count and sink in EXACTLY_ONCE:
        raise Violated(f"{sink}: {count} duplicates: {[(id_, n) for id_, n in again.items() if n > 1][:3]}")
    if len(set(bodies.values())) != len(bodies):
        raise Violated(f"{sink}: one body came under two ids")
    return count


def _same_events(sink: str, stored: list[tuple[Any, ...]], seen: list[Seen]) -> None:
    wanted = {row[0]: row for row in stored}
    got = {one.event_id: one for one in seen}
    if lost := wanted.keys() - got.keys():
        raise Violated(
            f"{sink}: {len(lost)} of {len(wanted)} events are marked delivered and never came: {_some(lost)}"
        )
    if unknown := got.keys() - wanted.keys():
        raise Violated(f"{sink}: {len(unknown)} events came that are not marked delivered: {_some(unknown)}")
    for event_id, kind, user_id, body, _ in stored:
        one = got[event_id]
        if (one.kind, one.body) != (kind, body.encode()) or one.user_id not in ("", user_id):
            raise Violated(f"{sink}: event {event_id} came as {one}, stored is {kind} of {user_id}: {body}")


def _same_order(sink: str, stored: list[tuple[str, str]], seen: list[Seen]) -> None:
    """Per grant, by first receipt."""
    grant_of = {event: grant for grant, event in stored}
    wanted, got = defaultdict(list), defaultdict(list)
    for grant, event in stored:
        wanted[grant].append(event)
    for event in dict.fromkeys(one.event_id for one in seen):
        got[grant_of[event]].append(event)
    for grant, events in wanted.items():
        if got[grant] != events:
            raise Violated(f"{sink}: grant {grant} has its events in the order {got[grant]}, not {events}")


def _some(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)[:3])
