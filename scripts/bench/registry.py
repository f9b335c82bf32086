"""Every bench there is, in the order they run; the last fill the tables. A further one is a file and a line here."""

from collections.abc import Callable

from scripts.bench import (
    auth,
    desk,
    fanout,
    fanout_memory,
    fanout_page,
    fanout_snapshot,
    fanout_writes,
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
    # Before those of campaigns, which bring players of their own.
    "list": list_page.run,
    "promises": fanout_writes.run,
    "fanout": fanout.run,
    "fanout-memory": fanout_memory.run,
    "snapshot": fanout_snapshot.run,
    "campaign": fanout_page.run,
    "desk": desk.run,
}
ON_REQUEST: dict[str, Callable[[World], list[Row]]] = {"million": fanout_memory.million}
"""Those that take too long to be run with the others."""
