"""`manage.py issue_campaign`: what it says, and how it ends."""

import uuid
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from campaigns.fanout.run import fan_out
from campaigns.management.commands import issue_campaign as command
from campaigns.models import Campaign
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.fanning import ScriptedPlatform, players

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Something happens while the command waits."""

    def happens(work: Callable[[], Any]) -> None:
        monkeypatch.setattr(command.time, "sleep", lambda seconds: work())

    return happens


def run(campaign_id: uuid.UUID, *options: str) -> str:
    out = StringIO()
    call_command("issue_campaign", str(campaign_id), *options, stdout=out)
    return out.getvalue()


def test_it_begins(scripted: type[ScriptedPlatform]) -> None:
    campaign = CampaignFactory(name="Spring")
    assert run(campaign.pk) == "Spring is being issued.\n"
    row = Campaign.objects.get()
    assert (row.status, row.issued_by) == ("issuing", "command")


def test_it_waits_for_the_end(scripted: type[ScriptedPlatform], meanwhile: Callable[[Callable[[], Any]], None]) -> None:
    players(2)
    campaign = CampaignFactory(name="Spring")
    meanwhile(lambda: fan_out(campaign.pk))
    assert run(campaign.pk, "--wait").splitlines() == [
        "Spring is being issued.",
        "issued: 0 pending, 2 granted, 0 skipped, 0 failed.",
    ]


@pytest.mark.parametrize(("verb", "status"), [(pause_campaign, "paused"), (cancel_campaign, "cancelled")])
def test_who_stops_it_ends_the_waiting(
    scripted: type[ScriptedPlatform],
    meanwhile: Callable[[Callable[[], Any]], None],
    verb: Callable[..., Any],
    status: str,
) -> None:
    campaign = CampaignFactory()
    meanwhile(lambda: verb(campaign_id=campaign.pk, by="anna"))
    with pytest.raises(CommandError, match=f"The campaign is {status}: {status.capitalize()} by anna.") as caught:
        run(campaign.pk, "--wait")
    assert caught.value.returncode == 1


def test_interrupted_the_workers_go_on(
    scripted: type[ScriptedPlatform], meanwhile: Callable[[Callable[[], Any]], None]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    campaign = CampaignFactory()
    meanwhile(interrupt)
    with pytest.raises(CommandError) as caught:
        run(campaign.pk, "--wait")
    assert caught.value.returncode == 130
    assert Campaign.objects.get().status == "issuing"


def test_refused() -> None:
    with pytest.raises(CommandError, match="CAMPAIGN_NOT_FOUND"):
        run(uuid.uuid4())
    campaign = begun("issued")
    with pytest.raises(CommandError, match="CAMPAIGN_NOT_ISSUABLE: The campaign is issued"):
        run(campaign.pk, "--wait")
