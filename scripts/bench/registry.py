"""Every bench there is, in the order they run; the last fills the tables. A further one is a file and a line here."""

from collections.abc import Callable

from scripts.bench import grants, list_page, webhooks
from scripts.bench.report import Row
from scripts.bench.world import World

BENCHES: dict[str, Callable[[World], list[Row]]] = {
    "grants": grants.run,
    "webhooks": webhooks.run,
    "list": list_page.run,
}
