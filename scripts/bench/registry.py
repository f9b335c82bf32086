"""Every bench there is, in the order they run; the last fills the tables. A further one is a file and a line here."""

from collections.abc import Callable

from scripts.bench import (
    auth,
    grants,
    latency,
    list_cost,
    list_page,
    memory,
    to_kafka,
    to_rabbitmq,
    to_rest,
    webhooks,
)
from scripts.bench.report import Row
from scripts.bench.world import World

BENCHES: dict[str, Callable[[World], list[Row]]] = {
    "grants": grants.run,
    "webhooks": webhooks.run,
    "auth": auth.run,
    "page": list_cost.run,
    "kafka": to_kafka.run,
    "rabbitmq": to_rabbitmq.run,
    "rest": to_rest.run,
    "memory": memory.run,
    "latency": latency.run,
    "list": list_page.run,
}
