"""The front page of the admin: what needs a person now, with the page where it can be seen to."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bonusdesk.desk import attention
from bonusdesk.desk.attention import Item
from bonuses.models import Drift
from bonuses.tests.factories import AdapterFactory, GrantFactory
from bonuses.tests.issuing import open_breaker, rate
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory
from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

FRONT = "/admin/"
SEES_ALL = (
    "bonuses.view_drift",
    "bonuses.view_grant",
    "campaigns.view_campaign",
    "integrations.view_adapter",
    "integrations.view_exchangerate",
    "integrations.view_sinkstate",
)
NEEDED = "APPROVAL_REQUIRED: asked for by anna"


def items(client: Client) -> list[Item]:
    page = client.get(FRONT)
    assert page.status_code == 200
    assert INLINE.search(text(page)) is None
    found: list[Item] = page.context["desk"]["attention"]
    return found


def event(*, minutes_ago: int = 0, **fields: Any) -> OutgoingEvent:
    return OutgoingEvent.objects.create(
        sink="file",
        event_id=uuid.uuid4(),
        key="0:Created",
        kind="BONUS",
        status="Created",
        grant_id=uuid.uuid4(),
        user_id="player-1",
        body="{}",
        created_at=timezone.now() - timedelta(minutes=minutes_ago),
        **fields,
    )


def sink(**fields: Any) -> None:
    SinkState.objects.update_or_create(sink="file", defaults=fields)


def tired_adapter() -> None:
    open_breaker(AdapterFactory())


def queued(minutes_ago: int, **fields: Any) -> None:
    GrantFactory(status="queued", created_at=timezone.now() - timedelta(minutes=minutes_ago), **fields)


TROUBLE: dict[str, Callable[[], object]] = {
    "Parked at the sink file: 1.": lambda: event(parked_at=timezone.now()),
    "The sink file is halted.": lambda: sink(halted_at=timezone.now(), halt_reason="The offsets are gone."),
    "The sink file is paused.": lambda: sink(paused_at=timezone.now(), paused_by="olga", pause_reason="moved"),
    "Events for the sink file have waited for 10 min.": lambda: event(minutes_ago=10),
    "The platform acme is in trouble: its breaker is open.": tired_adapter,
    "The platform acme is paused.": lambda: AdapterFactory(is_active=False),
    "Queued for more than 15 min: 1.": lambda: queued(16),
    "Grants in doubt: 1.": lambda: queued(0, needs_person=True),
    "Drift: 1.": lambda: Drift.objects.create(grant=GrantFactory(), kind="status"),
    "The campaign “Spring” is paused.": lambda: begun("paused", name="Spring", status_reason="by anna"),
    "The campaign “Spring” waits for an approval.": lambda: CampaignFactory(name="Spring", status_reason=NEEDED),
    "The newest exchange rate is 24 hours old.": lambda: rate("EUR", "USD", "1.1"),
}


@pytest.mark.parametrize("title", TROUBLE)
def test_each_trouble_is_told_with_the_page_where_it_is_seen_to(title: str, settings: Settings) -> None:
    settings.RATE_MAX_AGE_HOURS = 20
    client = signed_in(*SEES_ALL)
    assert items(client) == []
    assert "Nothing just now." in text(client.get(FRONT))
    TROUBLE[title]()
    (item,) = items(client)
    assert item.title == title
    assert client.get(item.url).status_code == 200
    assert item.title in text(client.get(FRONT))


def test_what_is_not_worth_a_word(settings: Settings) -> None:
    settings.EVENT_SINKS = ["file"]
    event(minutes_ago=4)
    event(minutes_ago=60, delivered_at=timezone.now())
    event(minutes_ago=60, skipped_at=timezone.now(), parked_at=timezone.now())
    queued(14)
    GrantFactory(created_at=timezone.now() - timedelta(days=1))
    Drift.objects.create(grant=GrantFactory(), kind="status", resolved_at=timezone.now())
    begun("issuing")
    begun("issued", status_reason="")
    CampaignFactory()
    rate("EUR", "USD", "1.1")
    SinkState.objects.create(sink="kafka", halted_at=timezone.now())
    assert items(signed_in(*SEES_ALL)) == []


def test_the_list_of_queued_grants_holds_those_that_are_meant() -> None:
    queued(16)
    queued(1)
    client = signed_in(*SEES_ALL)
    (item,) = items(client)
    shown = client.get(item.url).context["cl"].result_list
    assert [grant.created_at < timezone.now() - timedelta(minutes=15) for grant in shown] == [True]


def test_what_is_urgent_comes_first_and_who_waits_for_an_approval_is_not_just_paused() -> None:
    begun("paused", name="Spring", status_reason=NEEDED)
    Drift.objects.create(grant=GrantFactory(), kind="status")
    assert [item.title for item in items(signed_in(*SEES_ALL))] == [
        "Drift: 1.",
        "The campaign “Spring” waits for an approval.",
    ]


def test_many_campaigns_share_a_line() -> None:
    for _ in range(6):
        begun("paused")
    client = signed_in(*SEES_ALL)
    (item,) = items(client)
    assert item.title == "Of campaigns, each is paused: 6."
    assert client.get(item.url).context["cl"].result_count == 6


def test_counts_end_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "MOST", 1)
    for _ in range(3):
        Drift.objects.create(grant=GrantFactory(), kind="status")
    (item,) = items(signed_in(*SEES_ALL))
    assert item.title == "Drift: more than 1."


@pytest.mark.parametrize("permission", SEES_ALL)
def test_everyone_is_told_of_what_he_may_see(permission: str, settings: Settings) -> None:
    settings.RATE_MAX_AGE_HOURS = 20
    for make in TROUBLE.values():
        if make is not TROUBLE["The platform acme is paused."]:
            # Rows of one sink, which can be in all its troubles at once.
            SinkState.objects.all().delete()
            make()
    client = signed_in(permission)
    found = items(client)
    assert found
    assert {client.get(item.url).status_code for item in found} == {200}


def test_who_may_see_nothing_is_shown_nothing() -> None:
    for make in TROUBLE.values():
        SinkState.objects.all().delete()
        make()
    client = signed_in()
    page = client.get(FRONT)
    assert items(client) == []
    for part in ("desk-figures", "desk-campaigns", "desk-sinks"):
        assert part not in text(page)
    assert client.get("/admin/desk/running/").status_code == 403
    assert client.get("/admin/desk/charts/grants.svg").status_code == 403


def test_the_outbox_by_sink(settings: Settings) -> None:
    settings.EVENT_SINKS = ["file", "kafka"]
    event(minutes_ago=1)
    event(parked_at=timezone.now())
    (table,) = signed_in(*SEES_ALL).get(FRONT).context["desk"]["sink_tables"]
    rows = [row[1:4] for row in table.rows]
    assert rows == [("waiting for a deliverer", "2", "1"), ("nothing to send", "0", "0")]
    assert table.rows[0][4] != "-"
    assert outbox.glance("kafka").pending == 0


def test_campaigns_under_way_have_bars_that_go_on() -> None:
    campaign = begun(name="Spring", snapshot_at=timezone.now())
    with_recipients(campaign, ["granted", "granted", "failed", "pending"])
    begun(name="Gathering")
    begun("issued", name="Long finished")
    client = signed_in("campaigns.view_campaign")
    for url in (FRONT, "/admin/desk/running/"):
        page = text(client.get(url))
        assert 'hx-get="/admin/desk/running/"' in page
        assert 'role="progressbar"' in page
        assert 'aria-valuenow="75"' in page
        assert "2 granted, 0 skipped, 1 failed of 4" in page
        assert "The audience is being gathered." in page
        assert "Long finished" not in page


def test_nothing_is_asked_again_when_no_campaign_is_under_way() -> None:
    page = text(signed_in("campaigns.view_campaign").get("/admin/desk/running/"))
    assert "None just now." in page
    assert "hx-get" not in page


@pytest.mark.parametrize("url", ["/admin/desk/running/", "/admin/desk/charts/grants.svg"])
def test_strangers_are_sent_to_the_login(url: str) -> None:
    answer = Client().get(url)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")


def test_the_page_of_one_app_is_just_its_list() -> None:
    page = text(signed_in(*SEES_ALL).get("/admin/bonuses/"))
    assert "Drifts" in page
    assert not any(part in page for part in ("desk-figures", "desk-campaigns", "desk-sinks"))
