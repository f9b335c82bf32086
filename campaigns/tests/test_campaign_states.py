"""Issuing, pausing, resuming and cancelling: what each changes, and from where it may."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from bonuses.models import BonusTemplate
from bonuses.services.change_template import change_template
from bonuses.services.issue import IssuingStopped, TemplateNotActive
from bonuses.services.stop import lift, stop
from campaigns.fanout.tick import tick
from campaigns.models import Campaign
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.errors import CampaignNotFound, CampaignNotIssuable
from campaigns.services.issue_campaign import issue_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.services.resume_campaign import resume_campaign
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db

VERBS: dict[str, tuple[Callable[..., Campaign], str, set[str]]] = {
    "issue": (issue_campaign, "issuing", {"draft", "scheduled"}),
    "pause": (pause_campaign, "paused", {"issuing"}),
    "resume": (resume_campaign, "issuing", {"paused"}),
    "cancel": (cancel_campaign, "cancelled", {"draft", "scheduled", "issuing", "paused"}),
}
STATUSES = ("draft", "scheduled", "issuing", "paused", "issued", "cancelled")


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the workers are asked."""
    sent: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **more: sent.append((name, args)))
    return sent


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("verb", VERBS)
def test_from_where_to_where(verb: str, status: str) -> None:
    service, to, allowed_from = VERBS[verb]
    campaign = begun(status)
    if status in allowed_from:
        assert service(campaign_id=campaign.pk, by="anna").status == to
        assert Campaign.objects.get().status == to
        return
    with pytest.raises(CampaignNotIssuable) as caught:
        service(campaign_id=campaign.pk, by="anna")
    assert caught.value.details == {"status": status}
    assert Campaign.objects.get().status == status


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_not_there(verb: str) -> None:
    with pytest.raises(CampaignNotFound):
        VERBS[verb][0](campaign_id=uuid.uuid4(), by="anna")


def test_issuing_freezes_the_terms(
    hints: list[Any], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    campaign = CampaignFactory()
    before = timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        issue_campaign(campaign_id=campaign.pk, by="anna")
    first = campaign.template.revision_id
    changes = {"config": {"amount": 5000, "currency": "EUR"}}
    change_template(template_id=campaign.template_id, changes=changes, by="anna")
    row = Campaign.objects.get()
    assert (row.revision_id, row.issued_by) == (first, "anna")
    assert row.issued_at is not None
    assert row.issued_at >= before
    assert hints == [("campaigns.tasks.fan_out", [str(campaign.pk)])]


def test_a_broker_that_is_away_refuses_nothing(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OSError("the broker is away")

    monkeypatch.setattr(current_app, "send_task", away)
    campaign = CampaignFactory()
    with django_capture_on_commit_callbacks(execute=True):
        issue_campaign(campaign_id=campaign.pk, by="anna")
    assert Campaign.objects.get().status == "issuing"


@pytest.mark.parametrize(("verb", "status"), [("issue", "draft"), ("resume", "paused")])
def test_nothing_begins_while_it_is_stopped(verb: str, status: str) -> None:
    campaign = begun(status)
    for scope, target in (("all", None), ("template", campaign.template_id), ("campaign", campaign.pk)):
        made = stop(scope=scope, target=target, reason="an incident", by="anna")
        with pytest.raises(IssuingStopped):
            VERBS[verb][0](campaign_id=campaign.pk, by="anna")
        lift(key=made.key, by="anna")
    assert Campaign.objects.get().status == status


@pytest.mark.parametrize(("verb", "status"), [("issue", "draft"), ("resume", "paused")])
@pytest.mark.parametrize("template_status", ["paused", "archived"])
def test_nothing_begins_with_a_template_that_is_not_active(verb: str, status: str, template_status: str) -> None:
    campaign = begun(status)
    BonusTemplate.objects.update(status=template_status)
    with pytest.raises(TemplateNotActive):
        VERBS[verb][0](campaign_id=campaign.pk, by="anna")
    assert Campaign.objects.get().status == status


def test_reasons() -> None:
    campaign = begun("issuing")
    assert pause_campaign(campaign_id=campaign.pk, by="anna").status_reason == "Paused by anna."
    assert resume_campaign(campaign_id=campaign.pk, by="anna").status_reason == ""
    assert pause_campaign(campaign_id=campaign.pk, by="anna", reason="lunch").status_reason == "lunch"
    assert cancel_campaign(campaign_id=campaign.pk, by="anna").status_reason == "Cancelled by anna."


@pytest.mark.parametrize("status", ["draft", "scheduled", "issuing", "paused"])
def test_cancelled_before_there_is_an_audience_it_is_finished(status: str) -> None:
    campaign = begun(status)
    assert cancel_campaign(campaign_id=campaign.pk, by="anna").finished_at is not None


def test_what_is_due_begins_by_itself(hints: list[Any]) -> None:
    now = timezone.now()
    due = CampaignFactory(status="scheduled", scheduled_at=now)
    CampaignFactory(status="scheduled", scheduled_at=now + timedelta(hours=1))
    tick()
    begun_ones = Campaign.objects.filter(status="issuing")
    assert [(row.pk, row.issued_by) for row in begun_ones] == [(due.pk, "schedule")]
    assert [args for _, args in hints] == [[str(due.pk)]]


def test_what_is_due_and_stopped_says_so_and_begins_later(hints: list[Any]) -> None:
    campaign = CampaignFactory(status="scheduled", scheduled_at=timezone.now())
    made = stop(scope="all", target=None, reason="an incident", by="anna")
    tick()
    row = Campaign.objects.get()
    assert (row.status, row.status_reason) == ("scheduled", "ISSUING_STOPPED: An operator has stopped issuing.")
    lift(key=made.key, by="anna")
    tick()
    row = Campaign.objects.get(pk=campaign.pk)
    assert (row.status, row.status_reason) == ("issuing", "")
