"""Signed webhooks a second: each the first bet on a grant, so each changes it and makes an event."""

import time

import orjson

from integrations.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from scripts.bench import database, pgbench
from scripts.bench.base import CONNECTIONS
from scripts.bench.grants import shares
from scripts.bench.load import Load, Request
from scripts.bench.report import Row
from scripts.bench.tape import GRANT, numbered
from scripts.bench.world import FOLDER, SLUG, World

NAME = "apply a signed webhook"
CHANGES = {
    "id": f"('{numbered(GRANT, '')}' || n)::uuid",
    # A grant a slot: the same player has them all.
    "slot": "n - 99999999999",
    "created_at": "g.created_at + (n - 99999999999) * interval '1 millisecond'",
}


def run(world: World) -> list[Row]:
    sizes = world.sizes
    sample, warm_up = world.take(1), world.take(sizes.warm_up)
    rounds = [world.take(sizes.webhooks) for _ in range(sizes.rounds)]
    by_pgbench = [world.take(pgbench.CLIENTS * sizes.pgbench) for _ in range(sizes.rounds)]
    database.clone_grant(world.sample_grant, sample, world.take(0) - sample, CHANGES)
    database.fill_bare_tables()
    tape = world.record("webhooks", _request(world, sample), expected=200)
    script = FOLDER / "webhooks.sql"
    pgbench.write_script(tape, script)
    for port in (world.port, world.bare_port):
        _fire(world, port, warm_up, sizes.warm_up)
    ours, bare, plain = [], [], []
    for first, first_of_pgbench in zip(rounds, by_pgbench, strict=True):
        ours.append(_fire(world, world.port, first, sizes.webhooks))
        bare.append(_fire(world, world.bare_port, first, sizes.webhooks))
        if pgbench.is_possible():
            plain.append(pgbench.run(world.database_url, script, first=first_of_pgbench, each=sizes.pgbench))
    rates = [load.per_second for load in ours]
    note = f"both {tape}; {shares(ours, bare)}"
    rows = [Row(NAME, "a bare Django view", "/s", rates, [load.per_second for load in bare], note=note)]
    if plain:
        against = f"the same SQL from pgbench, {pgbench.CLIENTS} clients"
        rows.append(Row(NAME, against, "/s", rates, plain, at_least=0.15))
    return rows


def _fire(world: World, port: int, first: int, count: int) -> Load:
    requests = [_request(world, number) for number in range(first, first + count)]
    return world.client.fire(port, requests, expected=200, connections=CONNECTIONS)


def _request(world: World, number: int) -> Request:
    report = {
        "event": "bonus.wagered",
        "event_id": numbered(0xE0, number),
        "ts": "2026-01-01T00:00:00Z",
        "grant_id": numbered(GRANT, number),
        "platform_bonus_id": None,
        "data": {"bet_amount": 100, "game_category": "slots"},
    }
    body, now = orjson.dumps(report), int(time.time())
    signed = {TIMESTAMP_HEADER: str(now), SIGNATURE_HEADER: sign(world.webhook_secret, now, body)}
    path = f"/v1/adapters/{SLUG}/webhooks/bonus-events"
    return Request("POST", path, {**world.headers(body), **signed}, body)
