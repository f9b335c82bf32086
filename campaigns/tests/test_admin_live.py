"""The box of a running campaign, as it is read again by itself."""

from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.models import Campaign, Chunk
from campaigns.services.pause_campaign import pause_campaign
from campaigns.tests.admin_pages import member, page
from campaigns.tests.begun import begun, with_recipients
from integrations.tests.admin_client import text

pytestmark = pytest.mark.django_db

BY_HTMX = {"HTTP_HX_REQUEST": "true"}
READ_OUT = '<p id="campaign-said" hx-swap-oob="innerHTML">50 percent of the campaign are through.</p>'


@pytest.fixture
def half() -> Campaign:
    """Half way through."""
    campaign = begun(snapshot_at=datetime(2030, 6, 1, tzinfo=UTC))
    with_recipients(campaign, ["granted", "pending"])
    return campaign


def box(campaign: Campaign, said: str = "50", was: str = "issuing") -> Any:
    return member("viewer").get(page(campaign, "status/"), {"was": was, "said": said}, **BY_HTMX)


def test_it_asks_again_with_what_it_knows(half: Campaign) -> None:
    response = box(half)
    assert f'hx-get="{page(half, "status/")}?was=issuing&amp;said=50" hx-trigger="every 2s"' in text(response)
    assert "HX-Refresh" not in response


def test_every_tenth_part_is_read_out_once(half: Campaign) -> None:
    assert READ_OUT in text(box(half, said="40"))


def test_what_was_read_out_is_not_read_out_again(half: Campaign) -> None:
    assert "campaign-said" not in text(box(half))


def test_the_page_says_how_fast_it_goes(half: Campaign) -> None:
    response = box(half)
    assert response.context["status"]["pace"] == [("rate", "being measured"), ("time left", "-")]
    assert "<dt>Time left</dt>" in text(response)


def test_another_state_brings_another_page(half: Campaign) -> None:
    pause_campaign(campaign_id=half.pk, by="anna", reason="a doubt")
    response = box(half)
    assert response["HX-Refresh"] == "true"
    assert "hx-trigger" not in text(response)


def test_it_stops_when_the_last_of_a_cancelled_one_is_told(half: Campaign) -> None:
    Campaign.objects.filter(pk=half.pk).update(status="cancelled")
    assert "HX-Refresh" not in box(half, was="cancelled")
    Chunk.objects.filter(campaign=half).update(pending=0, skipped=1)
    response = member("operator").get(page(half, "status/"), {"was": "cancelled", "said": "50"}, **BY_HTMX)
    assert response["HX-Refresh"] == "true"
    assert "hx-trigger" not in text(response)


def test_a_look_without_htmx_is_the_box_alone(half: Campaign) -> None:
    response = member("viewer").get(page(half, "status/"))
    assert "HX-Refresh" not in response
    assert "campaign-said" not in text(response)
