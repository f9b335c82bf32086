import time
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from campaigns.lifecycle import Status
from campaigns.models import Campaign
from campaigns.services.issue_campaign import issue_campaign
from campaigns.stats import stats_of
from integrations.errors import DomainError

INTERVAL = 0.5
PLAIN_INTERVAL = 5.0
INTERRUPTED = 130


class Command(BaseCommand):
    help = "Issues a campaign; the workers carry it out. With --wait until it is through, and 1 when it was stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=uuid.UUID)
        parser.add_argument("--wait", action="store_true", help="Show how far it is until it has ended.")

    def handle(self, *args: Any, id: uuid.UUID, wait: bool, **options: Any) -> None:  # noqa: A002
        try:
            campaign = issue_campaign(campaign_id=id, by="command")
        except DomainError as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        self.stdout.write(f"{campaign.name} is being issued.")
        if wait:
            self._wait(campaign)

    def _wait(self, campaign: Campaign) -> None:
        try:
            self._watch(campaign)
        except KeyboardInterrupt:
            raise CommandError("Interrupted; the workers go on.", returncode=INTERRUPTED) from None
        stats = stats_of(campaign.pk)
        self.stdout.write(f"{campaign.status}: {', '.join(f'{count:,} {name}' for name, count in stats.items())}.")
        if campaign.status != Status.ISSUED:
            raise CommandError(f"The campaign is {campaign.status}: {campaign.status_reason}")

    def _watch(self, campaign: Campaign) -> None:
        console = Console(stderr=True)
        if not console.is_terminal:
            self._watch_plainly(campaign)
            return
        columns = (TextColumn(campaign.name, markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None)
            while not _has_stopped(campaign):
                bar.update(task, completed=_done(campaign), total=campaign.audience_count)
                time.sleep(INTERVAL)

    def _watch_plainly(self, campaign: Campaign) -> None:
        next_line = time.monotonic() + PLAIN_INTERVAL
        while not _has_stopped(campaign):
            if time.monotonic() >= next_line and campaign.audience_count is not None:
                self.stdout.write(f"{_done(campaign):,} of {campaign.audience_count:,} players")
                next_line += PLAIN_INTERVAL
            time.sleep(INTERVAL)


def _has_stopped(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status != Status.ISSUING


def _done(campaign: Campaign) -> int:
    stats = stats_of(campaign.pk)
    return sum(stats.values()) - stats["pending"]
