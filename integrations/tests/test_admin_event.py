import uuid
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import OutgoingEvent, SinkState
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/integrations/outgoingevent/"
VIEW = "integrations.view_outgoingevent"
ACT = "integrations.change_outgoingevent"


def event(**fields: Any) -> OutgoingEvent:
    values: dict[str, Any] = {
        "sink": "file",
        "event_id": uuid.uuid4(),
        "key": "0:Created",
        "kind": "BONUS",
        "status": "Created",
        "grant_id": uuid.uuid4(),
        "user_id": "player-1",
        "body": '{"bonus_id":"<b>"}',
        **fields,
    }
    return OutgoingEvent.objects.create(**values)


def parked() -> OutgoingEvent:
    return event(parked_at=timezone.now(), last_error="400 bad event")


def choose(action: str, *events: OutgoingEvent, **more: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [e.pk for e in events], **more}


def test_filters_by_state() -> None:
    now = timezone.now()
    states = {
        "pending": event(),
        "parked": event(parked_at=now),
        "delivered": event(delivered_at=now),
        "skipped": event(parked_at=now, skipped_at=now),
    }
    client = signed_in(VIEW)

    for state, wanted in states.items():
        assert list(client.get(LIST, {"state": state}).context["cl"].result_list) == [wanted], state


def test_filters_by_sink_and_finds_by_grant_or_event() -> None:
    SinkState.objects.create(sink="file")
    SinkState.objects.create(sink="rest")
    mine = event()
    event(sink="rest")
    client = signed_in(VIEW)

    for query in ({"sink": "file"}, {"q": str(mine.grant_id)}, {"q": str(mine.event_id)}):
        assert list(client.get(LIST, query).context["cl"].result_list) == [mine]
    assert list(client.get(LIST, {"q": "no-uuid"}).context["cl"].result_list) == []


def test_shows_the_body_as_text() -> None:
    page = text(signed_in(VIEW).get(f"{LIST}{event().pk}/change/"))

    assert "{&quot;bonus_id&quot;:&quot;&lt;b&gt;&quot;}" in page
    assert "_save" not in page


def test_sends_again_only_after_the_confirming_post() -> None:
    held = parked()
    client = signed_in(VIEW, ACT)

    asked = client.post(LIST, choose("send_again", held))
    assert asked.status_code == 200
    assert INLINE.search(text(asked)) is None
    held.refresh_from_db()
    assert held.parked_at is not None

    done = client.post(LIST, choose("send_again", held, confirmed="yes"), follow=True)
    held.refresh_from_db()
    assert held.parked_at is None
    assert messages_in(done) == ["1 to be sent again."]


def test_skips_with_a_reason() -> None:
    held, gone = parked(), event(delivered_at=timezone.now())
    client = signed_in(VIEW, ACT)

    without = client.post(LIST, choose("skip", held, confirmed="yes", reason=" "))
    assert "This field is required." in text(without)
    held.refresh_from_db()
    assert held.skipped_at is None

    done = client.post(LIST, choose("skip", held, gone, confirmed="yes", reason="agreed with the CRM"), follow=True)
    held.refresh_from_db()
    gone.refresh_from_db()
    assert held.skipped_at is not None
    assert (held.skipped_by, held.skip_reason) == ("olga", "agreed with the CRM")
    assert gone.skipped_at is None
    assert messages_in(done) == ["1 of 2 skipped; what is delivered can't be."]


@pytest.mark.parametrize("action", ["send_again", "skip"])
def test_who_may_only_view_can_not_act(action: str) -> None:
    held = parked()

    signed_in(VIEW).post(LIST, choose(action, held, confirmed="yes", reason="because"))

    held.refresh_from_db()
    assert held.parked_at is not None
    assert held.skipped_at is None


def test_sink_states_are_read_only() -> None:
    SinkState.objects.create(sink="file", failures=3, last_error="connection refused")
    client = signed_in("integrations.view_sinkstate", "integrations.change_sinkstate", "integrations.add_sinkstate")

    assert "connection refused" in text(client.get("/admin/integrations/sinkstate/"))
    assert client.get("/admin/integrations/sinkstate/add/").status_code == 403
    assert client.post("/admin/integrations/sinkstate/file/change/", {"failures": 0}).status_code == 403
