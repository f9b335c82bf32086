"""What a campaign writes, without a platform: promises against bare inserts, answers with events and without."""

import time

from django.db import connection

from scripts.bench import fanout_people, fanout_stage, fanout_turn
from scripts.bench.base import BenchFailed
from scripts.bench.fanout_stage import Stage, execute, one
from scripts.bench.report import Row
from scripts.bench.world import World

WAVE = 1000
GRANTS, HISTORY = "bonuses_grant", "bonuses_granttransition"
KEYS = {GRANTS: "id", HISTORY: "grant_id"}
"""The grant's."""


def run(world: World) -> list[Row]:
    stage, size = Stage(world), world.sizes.promised
    fanout_people.ensure(size)
    promised, answered, silent, grants, rows = [], [], [], [], []
    for _ in range(world.sizes.rounds):
        told = _ours(stage, size, "file")
        grants.append(size / _bare(size, GRANTS))
        rows.append(size / _bare(size, GRANTS, HISTORY))
        untold = _ours(stage, size)
        promised.append(size / told["promised"])
        answered.append(size / told["answered"])
        silent.append(size / untold["answered"])
    name, note = f"promise {size:,} grants", f"waves of {WAVE:,}, a commit each"
    return [
        Row(name, "a bare insert of the same grants by id", "/s", promised, grants, at_least=0.8, note=note),
        Row(name, "a bare insert of the grants and their first history", "/s", promised, rows, note=note),
        Row(f"write {size:,} answers, an event each", "without events", "/s", answered, silent, at_least=0.5),
    ]


def _ours(stage: Stage, size: int, *sinks: str) -> dict[str, float]:
    fanout_stage.clear(stage.world)
    campaign_id = stage.campaign(size)
    stage.issue(campaign_id)
    staged = [statement for table in (GRANTS, HISTORY) for statement in _staging(table, campaign_id)]
    found = fanout_turn.take("writes", campaign_id=campaign_id, wave=WAVE, stage=staged, sinks=sinks)
    _check(size, status="active", steps=2, events=size if sinks else 0)
    return found


def _staging(table: str, campaign_id: str) -> list[str]:
    """The rows as they were promised, by the order of the grants' ids, with the number of their wave."""
    key, staged = KEYS[table], f"bare.staged_{table}"
    wave = f"(row_number() OVER (ORDER BY t.{key}) - 1) / {WAVE} AS wave"
    source = f"{table} t JOIN {GRANTS} g ON g.id = t.{key} WHERE g.campaign_id = '{campaign_id}' ORDER BY t.{key}"
    return [
        f"DROP TABLE IF EXISTS {staged}",
        f"CREATE TABLE {staged} AS SELECT t.*, {wave} FROM {source}",  # noqa: S608  names and ids of ours
        f"CREATE INDEX ON {staged} (wave)",
        f"VACUUM ANALYZE {staged}",
    ]


def _bare(size: int, *tables: str) -> float:
    """Seconds. A transaction a wave, as ours."""
    execute(f"TRUNCATE {GRANTS}, {HISTORY} CASCADE")
    inserts = [_insert(table) for table in tables]
    began = time.monotonic()
    with connection.cursor() as cursor:
        for wave in range((size + WAVE - 1) // WAVE):
            cursor.execute("BEGIN")
            for insert in inserts:
                cursor.execute(insert, [wave])
            cursor.execute("COMMIT")
    seconds = time.monotonic() - began
    _check(size, status="queued", steps=1 if HISTORY in tables else 0, events=size)
    return seconds


def _insert(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s",
            [table],
        )
        # The history's own key is the table's to give, as it is for us.
        own = {name for (name,) in cursor.fetchall()} - ({"id"} if table == HISTORY else set())
    columns = ", ".join(f'"{name}"' for name in sorted(own))
    wave = f"bare.staged_{table} WHERE wave = %s ORDER BY {KEYS[table]}"
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {wave}"  # noqa: S608  names of ours


def _check(size: int, *, status: str, steps: int, events: int) -> None:
    found = one(f"SELECT count(*) FROM {GRANTS} WHERE campaign_id IS NOT NULL AND status = %s", [status])[0]  # noqa: S608
    noted = one(f"SELECT count(*) FROM {HISTORY}")[0]  # noqa: S608
    told = one("SELECT count(*) FROM integrations_outgoingevent")[0]
    if (found, noted, told) != (size, steps * size, events):
        raise BenchFailed(f"{found} are {status}, with {noted} steps and {told} events, of {size}.")
