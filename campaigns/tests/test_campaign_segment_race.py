"""A segment is removed just when a campaign is made from it."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from bonuses.tests.factories import TemplateFactory
from bonuses.tests.locks import somebody_waits
from campaigns.models import Campaign, Segment
from campaigns.services import campaign_fields
from campaigns.services.change_campaign import change_campaign
from campaigns.services.create_campaign import create_campaign
from campaigns.services.errors import SegmentInUse, SegmentNotFound
from campaigns.services.remove_segment import remove_segment
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory, SegmentFactory

LONGEST = timedelta(seconds=20).total_seconds()


def created(segment: Segment) -> Campaign:
    fields: dict[str, Any] = {"name": "Spring", "segment_id": segment.pk, "template_id": TemplateFactory().pk}
    return create_campaign(fields=fields, by="anna")


def changed(segment: Segment) -> Campaign:
    return change_campaign(campaign_id=CampaignFactory().pk, changes={"segment_id": segment.pk}, by="anna")


def removed(segment_id: uuid.UUID) -> str:
    try:
        remove_segment(segment_id=segment_id)
    except SegmentInUse as error:
        return error.code
    return "removed"


class Rival(threading.Thread):
    """Removes the segment; started in the middle of a transaction, which goes on once he waits for it, or is done."""

    def __init__(self, segment: Segment) -> None:
        super().__init__()
        self.segment_id, self.said = segment.pk, ""

    def run(self) -> None:
        try:
            self.said = removed(self.segment_id)
        finally:
            connection.close()

    def let_go(self, *_: object) -> None:
        self.start()
        until = time.monotonic() + LONGEST
        while self.is_alive() and not somebody_waits():
            assert time.monotonic() < until


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("make", [created, changed])
@pytest.mark.parametrize("was_used", [False, True])
def test_who_removes_it_finds_the_campaign(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[Segment], Campaign], was_used: bool
) -> None:
    segment = SegmentFactory()
    if was_used:
        # Then the row stays, and the database itself would not object.
        begun("issued", segment=segment)
    rival = Rival(segment)
    monkeypatch.setattr(campaign_fields, "check_deposit", rival.let_go)
    campaign = make(segment)
    rival.join(LONGEST)
    assert rival.said == "SEGMENT_IN_USE"
    assert Campaign.objects.get(pk=campaign.pk).segment_id == segment.pk
    assert Segment.objects.filter(pk=segment.pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("make", [created, changed])
def test_one_that_was_removed_is_not_there(make: Callable[[Segment], Campaign]) -> None:
    segment = SegmentFactory()
    begun("issued", segment=segment)
    remove_segment(segment_id=segment.pk)
    with pytest.raises(SegmentNotFound):
        make(segment)
    assert Campaign.objects.filter(segment=segment).count() == 1
