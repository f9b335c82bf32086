"""Everything at once: one key from several callers, a player's only slot, one webhook, one grant to be retried."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from psycopg import sql

from scripts.faults.base import Run, Violated
from scripts.faults.life import Life
from scripts.faults.life_invariants import lived
from scripts.faults.sink_play import forks
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

FEW, MANY = 5, 100
CALLERS = 4
LATENCY_MS = 300
FEW_QUEUED = 4
"""Fewer troubles than open the breaker."""
GRANTS, KEYS, EVENTS = "bonuses_grant", "bonusdesk_idempotencykey", "integrations_outgoingevent"
PAST = "2020-01-01T00:00:00Z"
QUEUED = "SELECT count(*) FROM bonuses_grant WHERE status = 'queued' AND claimed_until IS NULL"
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%%INSERT INTO %%' || %s || '%%'
"""
OF_KEY = "SELECT count(*) FROM bonuses_grant WHERE meta->>'asked' = %s"
RECORD = """
import uuid
from django.db import transaction
from integrations import outbox
from integrations.tests.outbox_helpers import event
with transaction.atomic():
    outbox.record([event("Created")])
"""


def all_at_once(world: World) -> dict[str, int]:
    count = FEW if world.is_bounded else MANY
    with closing(Life(world, at_once=2 * CALLERS, web_workers=2, pool=2, ticks=False)) as life:
        _same_retry(life)
        life.start_ticking()
        life.settle()
        # Webhooks would take the threads of those that are to wait for each other.
        life.platform.change_settings(lives=False)
        _same_key(life, count)
        _key_taken_over(life)
        _only_slot(life, count)
        life.platform.change_settings(lives=True)
        _same_webhook(life, count)
        life.settle()
        return {"requests": life.caller.asked, **lived(life)}


def _same_retry(life: Life) -> None:
    """Two sweeps find the same grants due, and the platform takes its time to answer."""
    life.platform.put_faults(outage={"mode": "close"})
    keys = life.issue(FEW_QUEUED)
    wait_for("promised, and not reached", lambda: life.world.sql(QUEUED) == [(FEW_QUEUED,)])
    life.platform.put_faults(latency_ms=LATENCY_MS, latency_jitter=0)
    life.pass_time()
    life.tick()
    life.tick()
    life.join()
    life.platform.clear_faults()
    calls = {key: life.platform.grant(life.caller.answers[key]["id"])["calls"] for key in keys}
    if several := {key: count for key, count in calls.items() if count != 1}:
        raise Violated(f"the platform was called several times at once for {len(several)} of {len(keys)} grants")


def _same_key(life: Life, count: int) -> None:
    """Callers who did not wait for the answer before they asked again."""
    for player in life.players(count):
        asked = life.wish(player, template="unlimited")
        with inserts_held(life.world, KEYS):
            life.ask(*[asked] * CALLERS)
            _wait_for_waiting(life.world, KEYS, CALLERS)
        life.join()


def _key_taken_over(life: Life) -> None:
    """The first is held up for longer than its key is kept for it, just before it would have promised."""
    (player,) = life.players(1)
    asked = life.wish(player, template="unlimited")
    with inserts_held(life.world, GRANTS):
        life.ask(asked)
        _wait_for_waiting(life.world, GRANTS, 1)
        life.world.sql("UPDATE bonusdesk_idempotencykey SET running_until = %s WHERE key = %s", PAST, asked.key)
        life.ask(asked)
        _wait_for_waiting(life.world, GRANTS, 2)
    life.join()
    if (made := life.world.sql(OF_KEY, asked.key)) != [(1,)]:
        raise Violated(f"a request that was taken over made {made[0][0]} grants")


def _only_slot(life: Life, count: int) -> None:
    """Several requests for what a player may have once; all have looked before one has taken it."""
    before, players = set(life.keys), life.players(count)
    for player in players:
        with inserts_held(life.world, GRANTS):
            life.ask(*(life.wish(player) for _ in range(CALLERS)))
            _wait_for_waiting(life.world, GRANTS, CALLERS)
        life.join()
    if strange := set(life.caller.refused.values()) - {"BONUS_GRANT_LIMIT_REACHED"}:
        raise Violated(f"refused with {strange}")
    life.keys = [key for key in life.keys if key in before or key in life.caller.answers]
    many = (
        "SELECT player_id, count(*) FROM bonuses_grant WHERE player_id::text = ANY(%s) GROUP BY 1 HAVING count(*) > 1"
    )
    if several := life.world.sql(many, players):
        raise Violated(f"{len(several)} of {count} players got what each may have once several times")


def _same_webhook(life: Life, count: int) -> None:
    """Each comes twice; some at the same time."""
    life.platform.put_faults(webhook_duplicate_rate=1, webhook_shuffle_rate=0.5, webhook_shuffle_seconds=0.1)
    life.issue(count, template="wagered")


@contextmanager
def inserts_held(world: World, table: str) -> Iterator[None]:
    """Rows can be read and none can be added: who is past his look waits here for the others."""
    with psycopg.connect(world.database_url) as holder:
        holder.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.Identifier(table)))
        yield


def _wait_for_waiting(world: World, table: str, count: int) -> None:
    wait_for(f"{count} who want to add a row", lambda: world.sql(WAITING, table)[0][0] >= count, seconds=60)


def same_event(world: World) -> dict[str, int]:
    """Two processes record one event of one grant: what a bug that forgot the grant's lock would do."""
    world.fresh("file")
    with inserts_held(world, EVENTS):
        both = [forks(world).spawn("shell", "-c", RECORD, env=world.environment()) for _ in range(2)]
        _wait_for_waiting(world, EVENTS, len(both))
    codes = sorted(one.wait(60) for one in both)
    rows = world.sql("SELECT count(*) FROM integrations_outgoingevent")[0][0]
    if (codes, rows) != ([0, 1], 1):
        raise Violated(f"one event was recorded {rows} times; the two ended with {codes}")
    return {"events": rows}


RUNS = [
    Run("two processes record one event", same_event),
    Run("life: everything at once", all_at_once),
]
