"""How webhooks have ended, by adapter, for the metrics. Of those without a good signature nothing else is kept."""

from prometheus_client import Counter

REFUSED = "refused"
"""No good signature. The other outcomes are those of `DeliveryOutcome`."""

_webhooks = Counter("bonusdesk_webhooks_total", "Webhooks by what became of them.", ["adapter", "outcome"])


def count(slug: str, outcome: str) -> None:
    _webhooks.labels(slug, outcome).inc()
