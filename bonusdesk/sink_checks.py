"""Are the sinks that `EVENT_SINKS` names set up? No line repeats what may hold a password."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from django.conf import settings

from integrations.addresses import url_fault
from integrations.sinks import kafka_options, rabbitmq_address
from integrations.sinks.registry import SINKS

SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
SHORT_STRING = 255
"""Bytes, in AMQP."""


def sink_faults() -> Iterator[str]:
    if not settings.EVENT_SINKS:
        yield f"EVENT_SINKS names none of {', '.join(sorted(SINKS))}."
    for name in dict.fromkeys(settings.EVENT_SINKS):
        if name not in SINKS:
            yield f"EVENT_SINKS: there is no sink {name}; they are {', '.join(sorted(SINKS))}."
        elif name in FAULTS:
            yield from FAULTS[name]()


def _rest() -> Iterator[str]:
    if urlsplit(settings.FASTTRACK_REST_URL).scheme not in ("http", "https"):
        yield "FASTTRACK_REST_URL must be an http(s) URL: EVENT_SINKS names rest."
    elif fault := url_fault(settings.FASTTRACK_REST_URL):
        yield f"FASTTRACK_REST_URL {fault}"
    if not settings.FASTTRACK_REST_API_KEY:
        yield "FASTTRACK_REST_API_KEY is not set: EVENT_SINKS names rest."


def _rabbitmq() -> Iterator[str]:
    exchange, routing_key = settings.FASTTRACK_RABBITMQ_EXCHANGE, settings.FASTTRACK_RABBITMQ_ROUTING_KEY
    if not settings.FASTTRACK_RABBITMQ_URL:
        yield "FASTTRACK_RABBITMQ_URL is not set: EVENT_SINKS names rabbitmq."
    elif fault := rabbitmq_address.url_fault(settings.FASTTRACK_RABBITMQ_URL):
        yield f"FASTTRACK_RABBITMQ_URL: {_sentence(fault)}"
    if not exchange and not routing_key:
        yield "FASTTRACK_RABBITMQ_EXCHANGE is not set; to do without, name a queue in FASTTRACK_RABBITMQ_ROUTING_KEY."
    for name, value in (("EXCHANGE", exchange), ("ROUTING_KEY", routing_key)):
        if len(value.encode()) > SHORT_STRING:
            yield f"FASTTRACK_RABBITMQ_{name} must have {SHORT_STRING} bytes or less."
    if fault := rabbitmq_address.options_fault(settings.FASTTRACK_RABBITMQ_OPTIONS):
        yield f"FASTTRACK_RABBITMQ_OPTIONS: {_sentence(fault)}"


def _kafka() -> Iterator[str]:
    servers = [server.strip() for server in settings.FASTTRACK_KAFKA_BOOTSTRAP_SERVERS.split(",")]
    if not all(map(_is_server, servers)):
        yield "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS must be a comma list of host:port: EVENT_SINKS names kafka."
    topic = settings.FASTTRACK_KAFKA_TOPIC
    if not TOPIC.fullmatch(topic) or topic in (".", ".."):
        yield "FASTTRACK_KAFKA_TOPIC must be a topic's name, of letters, digits and . _ -: EVENT_SINKS names kafka."
    if not settings.FASTTRACK_KAFKA_TRANSACTIONAL_ID:
        yield "FASTTRACK_KAFKA_TRANSACTIONAL_ID is not set: EVENT_SINKS names kafka."
    if fault := kafka_options.options_fault(settings.FASTTRACK_KAFKA_OPTIONS):
        yield f"FASTTRACK_KAFKA_OPTIONS: {_sentence(fault)}"


def _is_server(text: str) -> bool:
    found = SERVER.fullmatch(text)
    return found is not None and 0 < int(found[2]) < 65_536


def _sentence(fault: str) -> str:
    return fault if fault.endswith(".") else f"{fault}."


FAULTS: dict[str, Callable[[], Iterator[str]]] = {"rest": _rest, "rabbitmq": _rabbitmq, "kafka": _kafka}
"""The file sink can't be set up wrongly: its folder is made."""
