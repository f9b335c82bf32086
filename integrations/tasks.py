import structlog
from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from integrations import outbox
from integrations.models import SinkState
from integrations.outbox import hint
from integrations.outbox.pick import has_ready
from integrations.queues import Queue
from integrations.rate_files import RateFileInvalid
from integrations.rate_source import RateSourceTrouble, fetch

log = structlog.get_logger(__name__)


@shared_task(queue=Queue.DELIVER.value)
def deliver(sink: str) -> None:
    """Yields after a while, so that other sinks get their turn, and asks to be called again."""
    if outbox.deliver(sink).more:
        hint.send(sink)


@shared_task(queue=Queue.DELIVER.value)
def deliver_all() -> None:
    """The tick that finds what no hint told of. Trouble with one sink is no reason to leave out the others."""
    taken = Q(leased_until__gt=Now()) | Q(not_before__gt=Now())
    taken |= Q(halted_at__isnull=False) | Q(paused_at__isnull=False)
    busy = set(SinkState.objects.filter(taken).values_list("sink", flat=True))
    for sink in dict.fromkeys(settings.EVENT_SINKS):
        try:
            if sink not in busy and has_ready(sink):
                hint.send(sink)
        except Exception:
            log.exception("outbox.tick_failed", sink=sink)


@shared_task(queue=Queue.DEFAULT.value)
def fetch_rates() -> None:
    """What can't be fetched now is said in the log and fetched next time; the rates we have stay in force."""
    if not settings.EXCHANGE_RATES_URL:
        return
    try:
        report = fetch(settings.EXCHANGE_RATES_URL)
    except (RateSourceTrouble, RateFileInvalid) as error:
        log.warning("rates.not_fetched", error=str(error))
    else:
        log.info("rates.fetched", created=report.created, unchanged=report.unchanged)
