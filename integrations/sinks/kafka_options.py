"""What librdkafka is told. A setting may add to it, but change nothing that the promise rests on."""

import logging
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException, Producer

Options = Mapping[str, Any]

TRANSACTION_SECONDS = 10.0
MOST_IN_FLIGHT = 5

OURS = frozenset(
    {
        "acks",
        "auto.offset.reset",
        "bootstrap.servers",
        "delivery.report.only.error",
        "delivery.timeout.ms",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.gapless.guarantee",
        "enable.idempotence",
        "enable.partition.eof",
        "group.id",
        "isolation.level",
        "logger",
        "message.timeout.ms",
        "metadata.broker.list",
        "on_delivery",
        "queuing.strategy",
        "request.required.acks",
        "transaction.timeout.ms",
        "transactional.id",
    }
)
"""Fixed here, or settings of their own; librdkafka's second names for them too."""
OUR_PREFIXES = ("test.",)
"""A cluster that is none."""
IN_FLIGHT = ("max.in.flight", "max.in.flight.requests.per.connection")
SHARED_PREFIXES = ("broker.", "client.", "enable.ssl.", "https.", "log.", "reconnect.", "sasl.", "security.", "ssl.")
SHARED = frozenset({"api.version.request", "debug", "log_level", "resolve.canonical.bootstrap.servers.only"})
"""With the prefixes: what is about the connection and not about sending, so that it is for the reader as well."""

_SILENT = logging.getLogger("integrations.sinks.kafka.check")
_SILENT.disabled = True


def options_fault(options: Options) -> str | None:
    """What is wrong with `FASTTRACK_KAFKA_OPTIONS`, in a sentence without secrets. Connects to nothing."""
    for name, value in options.items():
        if name in OURS or name.startswith(OUR_PREFIXES):
            return f"{name} can't be set: exactly-once delivery rests on it."
        if not isinstance(value, str | int | float):
            return f"{name} must be a string, a number, true or false."
        if name == "partitioner" and value == "random":
            return "partitioner can't be random: the events of a grant would lose their order."
        if name in IN_FLIGHT and not _is_few(value):
            return f"{name} must be a number from 1 to {MOST_IN_FLIGHT}."
    return _fault_of_librdkafka(options)


def _is_few(value: str | float) -> bool:
    return str(value).isdecimal() and 1 <= int(value) <= MOST_IN_FLIGHT


def _fault_of_librdkafka(options: Options) -> str | None:
    """It knows its own options; without servers it asks nobody."""
    config = producer_config(servers="", transactional_id="check", options=options)
    del config["bootstrap.servers"]
    try:
        Producer({**config, "logger": _SILENT})
    except KafkaException as error:
        said = str(error.args[0].str())
        # A value that stands in the wrong place may be a password.
        for value in options.values():
            said = said.replace(f'"{value}"', "…")
        return said
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def producer_config(*, servers: str, transactional_id: str, options: Options) -> dict[str, Any]:
    return {
        "client.id": "bonusdesk",
        # As the Java clients choose it, so that a user's events meet in one partition whoever sends them.
        "partitioner": "murmur2_random",
        **options,
        "bootstrap.servers": servers,
        "transactional.id": transactional_id,
        "transaction.timeout.ms": int(TRANSACTION_SECONDS * 1000),
        "enable.idempotence": True,
        "acks": "all",
    }


def client_config(*, servers: str, options: Options) -> dict[str, Any]:
    """For asking about a topic, and for reading it."""
    shared = {name: value for name, value in options.items() if name in SHARED or name.startswith(SHARED_PREFIXES)}
    return {"client.id": "bonusdesk", **shared, "bootstrap.servers": servers}


def reader_config(client: Options, *, group: str) -> dict[str, Any]:
    """Partitions are assigned, so that the group has no members; librdkafka wants its name all the same."""
    return {
        **client,
        "group.id": group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        # How long a broker may wait for more before it says that there isn't any.
        "fetch.wait.max.ms": 50,
    }
