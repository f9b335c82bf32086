"""As many grants as a few pages show, each of another player."""

from scripts.bench import database
from scripts.bench.tape import GRANT, PLAYER, numbered
from scripts.bench.world import World

COUNT = 200
LIMIT = 50
PAGE = f"/v1/bonus-grants?limit={LIMIT}"


def add(world: World) -> None:
    first = world.take(COUNT)
    database.add_players(first, COUNT)
    changes = {
        "id": f"('{numbered(GRANT, '')}' || n)::uuid",
        "player_id": f"('{numbered(PLAYER, '')}' || n)::uuid",
        "created_at": f"now() + (n - {first}) * interval '1 millisecond'",
    }
    database.clone_grant(world.sample_grant, first, COUNT, changes)
    database.fill_bare_tables()
