from datetime import timedelta

import pytest

from bonuses.lifecycle import SYSTEM, Status
from bonuses.services.transition import changing
from bonuses.tests.factories import GrantFactory
from integrations.models import OutgoingEvent

pytestmark = pytest.mark.django_db


def test_events_of_one_change_follow_each_other() -> None:
    with changing(GrantFactory(status=Status.PENDING), cause=SYSTEM) as change:
        change.advance(Status.COMPLETED)
        change.move(Status.REVERSED)
        change.move(Status.COMPLETED)
    events = OutgoingEvent.objects.order_by("id")
    assert [event.key for event in events] == ["0:Created", "0:Completed", "1:Reversed", "1:Completed"]
    first = events[0].created_at
    assert [event.created_at - first for event in events] == [timedelta(microseconds=n) for n in range(4)]
    assert len({event.body for event in events}) == 4
