"""Every bench there is, in the order they run; the last fills the tables. A further one is a file and a line here."""

from collections.abc import Callable

from scripts.bench import auth, grants, list_cost, list_page, webhooks
from scripts.bench.report import Row
from scripts.bench.world import World

BENCHES: dict[str, Callable[[World], list[Row]]] = {
    "grants": grants.run,
    "webhooks": webhooks.run,
    "auth": auth.run,
    "page": list_cost.run,
    "list": list_page.run,
}
