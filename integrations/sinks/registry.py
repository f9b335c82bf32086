from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured

from integrations.sinks.base import Sink
from integrations.sinks.file import FileSink
from integrations.sinks.kafka import KafkaSink
from integrations.sinks.rabbitmq import RabbitMqSink
from integrations.sinks.rest import RestSink

SINKS: dict[str, Callable[[], Sink]] = {
    "file": FileSink.from_settings,
    "kafka": KafkaSink.from_settings,
    "rabbitmq": RabbitMqSink.from_settings,
    "rest": RestSink.from_settings,
}


def sink_for(name: str) -> Sink:
    try:
        return SINKS[name]()
    except KeyError:
        raise ImproperlyConfigured(f"EVENT_SINKS names {name!r}; there are: {', '.join(SINKS)}.") from None
