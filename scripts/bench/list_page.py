"""The last page of a long list against its first, over HTTP, with the filters that a back office uses."""

import statistics
from urllib.parse import urlencode

import orjson
from django.db import connection

from scripts.bench import database
from scripts.bench.base import CONNECTIONS, BenchFailed
from scripts.bench.load import Request
from scripts.bench.record import send, statements_of
from scripts.bench.report import Row
from scripts.bench.tape import GRANT, PLAYER, numbered
from scripts.bench.world import World

LIST = "/v1/bonus-grants"
LIMIT = 50
LEFT = 120
"""Rows beyond the point whose page gives the cursor: enough for that page and a full one after it."""
SLOWEST = 1.2
BUSY = 500
"""Every so manieth grant is one player's."""
PLAYERS = 5_000
RARE = 200


def run(world: World) -> list[Row]:
    sizes = world.sizes
    print(f"bench: filling {sizes.listed:,} grants", flush=True)
    database.keep_grant(world.sample_grant)
    first = world.take(sizes.listed)
    players = world.take(PLAYERS)
    database.add_players(players, PLAYERS)
    database.clone_grant(world.sample_grant, first, sizes.listed, _changes(first, players))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE bonuses_grant")
    filters = {
        "": {},
        "by template": {"template_id": world.template_id},
        "by player": {"player_id": numbered(PLAYER, players)},
        "by status": {"status": "completed"},
        "by a rare status": {"status": "pending"},
    }
    world.client.fire(world.port, [_page(world, {})] * sizes.warm_up, expected=200, connections=CONNECTIONS)
    return [_compare(world, name, wanted) for name, wanted in filters.items()]


def _changes(first: int, players: int) -> dict[str, str]:
    count = f"(n - {first})"
    player = f"CASE {count} % {BUSY} WHEN 0 THEN {players} ELSE {players} + 1 + {count} % {PLAYERS - 1} END"
    is_rare, has_ended = f"({count} % {RARE} = 1)", f"({count} % 3 = 0)"
    return {
        "id": f"('{numbered(GRANT, '')}' || n)::uuid",
        "player_id": f"('{numbered(PLAYER, '')}' || {player})::uuid",
        "slot": f"{count} + 1",
        "status": f"CASE WHEN {is_rare} THEN 'pending' WHEN {has_ended} THEN 'completed' ELSE 'active' END",
        "ended_at": f"CASE WHEN {has_ended} AND NOT {is_rare} THEN g.created_at END",
        "created_at": f"g.created_at - {count} * interval '1 second'",
        "expires_at": "NULL",
    }


def _compare(world: World, name: str, wanted: dict[str, str]) -> Row:
    first, deep = _page(world, wanted), _deep_page(world, wanted)
    ours, other = [], []
    for _ in range(world.sizes.rounds):
        # Turn by turn on one connection: whatever disturbs the machine disturbs both.
        load = world.client.fire(world.port, [deep, first] * world.sizes.pages, expected=200, connections=1)
        ours.append(1000 * statistics.median(load.latencies[0::2]))
        other.append(1000 * statistics.median(load.latencies[1::2]))
    label = f"a page of {LIMIT} at depth {_count(wanted):,}" + (f", {name}" if name else "")
    row = Row(label, "the first page", "ms", ours, other, at_most=SLOWEST)
    if row.is_met is False and not world.sizes.is_quick:
        _explain(label, deep)
    return row


def _page(world: World, wanted: dict[str, str], **more: str) -> Request:
    return Request("GET", f"{LIST}?{urlencode({'limit': str(LIMIT), **wanted, **more})}", world.headers())


def _deep_page(world: World, wanted: dict[str, str]) -> Request:
    """Its cursor is the list's own, from a page just before it that was entered by its date."""
    with connection.cursor() as cursor:
        where, values = _where(wanted)
        cursor.execute(
            f"SELECT created_at FROM bonuses_grant WHERE {where} ORDER BY created_at OFFSET %s LIMIT 1",  # noqa: S608
            [*values, LEFT if _count(wanted) > 2 * LEFT else 0],
        )
        at = cursor.fetchone()[0]
    answer = send(_page(world, wanted, created_before=at.isoformat().replace("+00:00", "Z")))
    cursor_text = orjson.loads(answer.content)["meta"]["next_cursor"]
    if cursor_text is None:
        return _page(world, wanted)
    page = _page(world, wanted, cursor=cursor_text)
    if orjson.loads(send(page).content)["meta"]["count"] != LIMIT:
        raise BenchFailed("The deep page is not a full one.")
    return page


def _where(wanted: dict[str, str]) -> tuple[str, list[str]]:
    return " AND ".join([f"{column} = %s" for column in wanted] or ["true"]), list(wanted.values())


def _count(wanted: dict[str, str]) -> int:
    with connection.cursor() as cursor:
        where, values = _where(wanted)
        cursor.execute(f"SELECT count(*) FROM bonuses_grant WHERE {where}", values)  # noqa: S608  names of ours
        return int(cursor.fetchone()[0])


def _explain(label: str, request: Request) -> None:
    print(f"\n{label}: what the database does")
    with connection.cursor() as cursor:
        for statement in statements_of(request):
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}")
            print("\n".join(line for (line,) in cursor.fetchall()))
