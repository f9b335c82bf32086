"""What is read at a scrape because it is the same for all processes: from the database, and from Redis."""

from datetime import datetime
from itertools import product

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from bonusdesk.watching.asked import Asked
from bonuses.lifecycle import Status
from bonuses.models import Grant
from bonuses.models.template import BonusType
from integrations import outbox
from integrations.models import Adapter, SinkState
from integrations.platforms import breaker, gate
from integrations.platforms.calls import CallCount

BREAKER_STATES = ("closed", "open", "half_open")


def grants() -> list[Metric]:
    """Every state and type, also those without a grant: an alert on a series that is not there never fires."""
    rows = Grant.objects.order_by().values_list("template__type", "status").annotate(Count("pk"))
    counts = {(kind, status): count for kind, status, count in rows}
    family = GaugeMetricFamily("bonusdesk_grants", "Grants by type of template and state.", labels=["type", "state"])
    for kind, status in product(BonusType.values, Status):
        family.add_metric([kind, status.value], counts.get((kind, status.value), 0))
    return [family]


def events() -> list[Metric]:
    pending, parked, age, ready, delivered, failures, halted, in_flight = (
        GaugeMetricFamily(f"bonusdesk_outbox_{name}", text, labels=["sink"])
        for name, text in (
            ("pending", "Events not yet delivered, the parked ones among them."),
            ("parked", "Events that the sink refused for good; they wait for a person."),
            ("oldest_age_seconds", "Age of the oldest event not yet delivered; 0 without one."),
            ("ready_age_seconds", "Age of the oldest event that nothing parked holds back; 0 without one."),
            ("last_delivered_timestamp_seconds", "When the sink last took an event."),
            ("failed_rounds", "Rounds of delivery in a row that met trouble."),
            ("halted", "1 while nothing is sent until a person has decided what became of a batch."),
            ("in_flight_age_seconds", "Since when the outcome of a batch has been open; 0 without one."),
        )
    )
    outcomes = CounterMetricFamily("bonusdesk_outbox_events_total", "Tries by outcome.", labels=["sink", "outcome"])
    backlog = {line.sink: line for line in outbox.backlog()}
    states = {state.sink: state for state in SinkState.objects.all()}
    for sink in sorted({*settings.EVENT_SINKS, *backlog, *states}):
        line, state = backlog.get(sink), states.get(sink) or SinkState(sink=sink)
        pending.add_metric([sink], line.pending if line else 0)
        parked.add_metric([sink], line.parked if line else 0)
        age.add_metric([sink], _age(line.oldest_at) if line else 0)
        ready_since = outbox.oldest_ready_at(sink) if line and line.pending > line.parked else None
        ready.add_metric([sink], _age(ready_since) if ready_since else 0)
        failures.add_metric([sink], state.failures)
        halted.add_metric([sink], int(state.halted_at is not None))
        in_flight.add_metric([sink], _age(state.in_flight_since) if state.in_flight and state.in_flight_since else 0)
        for outcome, count in (("delivered", state.delivered), ("refused", state.refused), ("trouble", state.troubles)):
            outcomes.add_metric([sink, outcome], count)
        if state.last_delivered_at:
            delivered.add_metric([sink], state.last_delivered_at.timestamp())
    return [pending, parked, age, ready, delivered, failures, halted, in_flight, outcomes]


def _age(moment: datetime) -> float:
    return max((timezone.now() - moment).total_seconds(), 0.0)


def platforms() -> list[Metric]:
    """With Redis for all processes together, workers as well; without it for the process that is asked."""
    calls = HistogramMetricFamily(
        "bonusdesk_platform_call_duration_seconds", "Calls to a platform.", labels=["adapter", "outcome"]
    )
    states = GaugeMetricFamily(
        "bonusdesk_platform_breaker_state", "1 for the state that the breaker is in.", labels=["adapter", "state"]
    )
    for key, slug in Adapter.objects.values_list("pk", "slug"):
        for count in gate.counts(key):
            calls.add_metric([slug, count.outcome.value], _buckets(count), count.seconds)
        found = breaker.state_of_all(key).state
        for state in BREAKER_STATES:
            states.add_metric([slug, state], int(state == found))
    return [calls, states]


def _buckets(count: CallCount) -> list[tuple[str, float]]:
    return [*((str(bound), within) for bound, within in count.up_to.items()), ("+Inf", count.count)]


PARTS: dict[str, Asked[list[Metric]]] = {
    # Reads every grant there is: the more there are, the longer the count stays, and it is never more than 1/20 of
    # what the database does.
    "grants": Asked(grants, keep=10, rest=20),
    # Counts a backlog in full, so the same goes for it.
    "outbox": Asked(events, keep=2, rest=20),
    "platforms": Asked(platforms, keep=2),
}
"""By the name they have in `bonusdesk_scrape_ok`."""
