"""How far a job has come, and what became of each of its grants."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from bonuses.models import CancelItem, CancelJob
from bonuses.models.cancel_job import ItemOutcome
from bonuses.services.cancel_many import tally
from integrations.admin.common import Table, link

SHOWN = 100
OPEN = "open"
"""How an address names those that have come to no outcome."""


@dataclass(frozen=True, slots=True)
class Progress:
    job: CancelJob
    done: int
    counts: Sequence[tuple[str, int, str]]
    """Of each outcome: its name, how many, and where they are listed."""

    @property
    def percent(self) -> int:
        """Rounded down: 100 is said of what is through, and of nothing else."""
        return 100 * self.done // self.job.total if self.job.total else 100

    @property
    def sentence(self) -> str:
        """Read out as it changes, so it does so in tens."""
        if self.job.is_running:
            return f"Running, {self.percent // 10 * 10} percent done."
        return f"{self.job.get_status_display()}: {self.done:,} of {self.job.total:,}."


@dataclass(frozen=True, slots=True)
class Results:
    tables: Sequence[Table]
    next_url: str


def progress_of(job: CancelJob) -> Progress:
    counted = tally(job)
    counts = [(outcome.label, counted[outcome], _url(job, outcome=outcome or OPEN)) for outcome in ItemOutcome]
    return Progress(job, sum(counted.values()) - counted[ItemOutcome.OPEN], counts)


def results_of(job: CancelJob, *, chosen: str, after: str) -> Results:
    """A page of those with the chosen outcome, or of all; `after` is the last item of the page before."""
    items = CancelItem.objects.filter(job=job).select_related("grant__player").order_by("id")
    if chosen:
        items = items.filter(outcome="" if chosen == OPEN else chosen)
    if after.isdecimal():
        items = items.filter(pk__gt=min(int(after[:18]), 2**62))
    found = list(items[: SHOWN + 1])
    more: dict[str, str | int] = {"outcome": chosen, "after": found[SHOWN - 1].pk} if len(found) > SHOWN else {}
    rows = [
        (
            link(item.grant, str(item.grant_id)[-12:]),
            link(item.grant.player),
            _outcome(item),
            item.detail or "-",
            item.grant.status,
        )
        for item in found[:SHOWN]
    ]
    columns = ("Grant", "Player", "What became of it", "Detail", "The grant is now")
    return Results([Table("The grants", columns, rows)], _url(job, **more) if more else "")


def _outcome(item: CancelItem) -> str:
    if not item.outcome and item.tries:
        return "begun; the grant tells"
    return str(item.get_outcome_display())


def _url(job: CancelJob, **query: str | int) -> str:
    return f"{reverse('admin:bonuses_canceljob_change', args=[job.pk])}?{urlencode(query)}"
