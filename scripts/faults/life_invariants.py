"""What must be true of grants after whatever happened: one credit each, one event a change, one grant a request.

From the outside: the platform's ledger over HTTP, SQL, and what came out of the sinks.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from integrations.simulator.remote import Remote
from scripts.event_of import EVENT_OF
from scripts.eyes.base import Seen
from scripts.faults import invariants
from scripts.faults.base import Violated
from scripts.faults.life import Life
from scripts.faults.world import World

NO_EVENT = frozenset({"queued", "failed"})
WITHOUT_CREDIT = frozenset({"expired", "forfeited", "cancelled"})
"""A bonus may end so unclaimed. Who asks the platform only then is not told that there was a credit."""
LEDGER_PAGE = 100_000
APPLIED_TWICE = """
SELECT event_id, count(*) FROM integrations_webhookdelivery WHERE outcome = 'applied' GROUP BY 1 HAVING count(*) > 1
"""

Told = tuple[str, str]
"""The grant, and the status that was told of."""


def lived(life: Life) -> dict[str, int]:
    """All that holds once every life is over. Counts what there was, and `duplicates_<sink>` for each sink."""
    world = life.world
    asked_for_once(world, life.keys)
    credited = credited_once(world, life.platform)
    applied_once(world)
    changes = list(told_of(world))
    one_event_per_change(world, changes)
    duplicates = invariants.settled(world)
    for sink in world.sinks:
        as_told(sink, changes, world.seen(sink))
    return {"grants": len(life.keys), "credits": credited, "changes": len(changes), **duplicates}


def asked_for_once(world: World, keys: list[str]) -> None:
    made = dict(world.sql("SELECT meta->>'asked', count(*) FROM bonuses_grant GROUP BY 1"))
    if wrong := {key: made.get(key, 0) for key in keys if made.get(key) != 1}:
        raise Violated(f"{len(wrong)} of {len(keys)} requests made no grant, or several: {list(wrong.items())[:3]}")
    if unasked := made.keys() - set(keys):
        raise Violated(f"{len(unasked)} grants were asked for by nobody")


def credited_once(world: World, platform: Remote) -> int:
    """By the platform's ledger: never twice, and once for each grant that was ever active."""
    times = Counter(entry["grant_id"] for entry in _ledger(platform) if entry["reason"] == "grant")
    if double := {grant: count for grant, count in times.items() if count > 1}:
        raise Violated(f"{len(double)} grants were credited more than once: {list(double.items())[:3]}")
    rows = world.sql("SELECT id::text, activated_at IS NOT NULL, status FROM bonuses_grant")
    known = {grant: was_active for grant, was_active, _ in rows}
    if unknown := times.keys() - known.keys():
        raise Violated(f"{len(unknown)} credits for grants that we don't know: {sorted(unknown)[:3]}")
    if unpaid := [grant for grant, was_active in known.items() if was_active and not times[grant]]:
        raise Violated(f"{len(unpaid)} grants were active and never credited: {unpaid[:3]}")
    if unnoticed := [row for row in rows if times[row[0]] and not row[1] and row[2] not in WITHOUT_CREDIT]:
        raise Violated(f"{len(unnoticed)} grants were credited and never active: {unnoticed[:3]}")
    return times.total()


def applied_once(world: World) -> None:
    """No webhook took effect twice, however often it was delivered."""
    if twice := world.sql(APPLIED_TWICE):
        raise Violated(f"{len(twice)} webhooks were applied more than once: {twice[:3]}")


def told_of(world: World) -> Iterator[Told]:
    """Grant and event status of each change that a receiver is to hear of, in order."""
    for grant, came_from, to in _transitions(world):
        if to not in NO_EVENT and not (to == "cancelled" and came_from == "queued"):
            yield grant, EVENT_OF[to]


def one_event_per_change(world: World, changes: list[Told]) -> None:
    """In the database, for each sink: the changes' events, in their order, and nothing else but steps of Ongoing."""
    rows = world.sql("SELECT sink, grant_id::text, status, key FROM integrations_outgoingevent ORDER BY id")
    for sink in world.sinks:
        mine = [(grant, status) for s, grant, status, _ in rows if s == sink and status != "Ongoing"]
        _same(f"events for {sink}", changes, mine)
    steps = Counter((sink, grant, key) for sink, grant, status, key in rows if status == "Ongoing")
    if again := [step for step, count in steps.items() if count > 1]:
        raise Violated(f"{len(again)} steps of Ongoing were recorded more than once: {again[:3]}")


def as_told(sink: str, changes: list[Told], seen: list[Seen]) -> None:
    """By what the bodies say, whatever their ids: each change came once, but for repeats under one id."""
    first = {one.event_id: one for one in seen}
    bodies = [json.loads(one.body) for one in first.values()]
    came = [(body["user_bonus_id"], body["status"]) for body in bodies if body["status"] != "Ongoing"]
    _same(f"what came to {sink}", changes, came)


def _transitions(world: World) -> Iterator[tuple[str, str, str]]:
    """Grant, from, to; refuses a history with holes, or one that the grant's own status does not end."""
    rows = world.sql(
        """
        SELECT t.grant_id::text, t.seq, t.from_status, t.to_status, g.status FROM bonuses_granttransition t
        JOIN bonuses_grant g ON g.id = t.grant_id ORDER BY t.grant_id, t.seq
        """
    )
    before = ("", 0, "", "")
    for row in rows:
        wanted = (before[1] + 1, before[3]) if before[0] == row[0] else (1, "")
        if (row[1], row[2]) != wanted:
            raise Violated(f"grant {row[0]}: its history has a hole or a double at {row[1]}: {row[2]} → {row[3]}")
        before = row
    last = {row[0]: row for row in rows}
    if wrong := [row for row in last.values() if row[3] != row[4]]:
        raise Violated(f"{len(wrong)} grants are not what their history says: {wrong[:3]}")
    yield from ((row[0], row[2], row[3]) for row in rows)


def _same(what: str, wanted: list[Told], got: list[Told]) -> None:
    """The same changes as often; and those of one grant in the same order."""
    if missing := Counter(wanted) - Counter(got):
        raise Violated(f"{what}: {missing.total()} are missing: {list(missing.items())[:3]}")
    if extra := Counter(got) - Counter(wanted):
        raise Violated(f"{what}: {extra.total()} too many: {list(extra.items())[:3]}")
    came = _by_grant(got)
    if wrong := [grant for grant, statuses in _by_grant(wanted).items() if came[grant] != statuses]:
        raise Violated(f"{what}: {len(wrong)} grants out of order: {wrong[:3]}")


def _by_grant(told: list[Told]) -> dict[str, list[str]]:
    statuses: dict[str, list[str]] = {}
    for grant, status in told:
        statuses.setdefault(grant, []).append(status)
    return statuses


def _ledger(platform: Remote) -> Iterator[dict[str, Any]]:
    after = 0
    while entries := platform.ledger(after=after, limit=LEDGER_PAGE)["entries"]:
        yield from entries
        after = entries[-1]["seq"]
