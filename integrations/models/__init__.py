from integrations.models.adapter import Adapter
from integrations.models.delivery import DeliveryOutcome, WebhookDelivery
from integrations.models.event import EventKind, OutgoingEvent, SinkState
from integrations.models.rate import ExchangeRate

__all__ = [
    "Adapter",
    "DeliveryOutcome",
    "EventKind",
    "ExchangeRate",
    "OutgoingEvent",
    "SinkState",
    "WebhookDelivery",
]
