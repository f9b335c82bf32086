"""The campaigns that are giving something now, and how far each has come."""

from dataclasses import dataclass

from campaigns.admin.progress import Progress, progress_of
from campaigns.lifecycle import Status
from campaigns.models import Campaign
from campaigns.stats import STATS, stats_in

MOST = 10


@dataclass(frozen=True, slots=True)
class Running:
    campaign: Campaign
    stats: dict[str, int]
    progress: Progress | None
    """None while the audience is being gathered."""


def running() -> list[Running]:
    issuing = Campaign.objects.filter(status=Status.ISSUING).annotate(chunk_stats=STATS).order_by("-issued_at")
    return [_running(campaign) for campaign in issuing[:MOST]]


def _running(campaign: Campaign) -> Running:
    stats = stats_in(campaign.chunk_stats)  # type: ignore[attr-defined]
    return Running(campaign, stats, progress_of(stats) if campaign.snapshot_at else None)
