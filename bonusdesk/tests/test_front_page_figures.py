"""The figures of the front page: from the schedule's count, with its age, in charts and in tables."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from bonusdesk.celery import SCHEDULE
from bonusdesk.desk.figures import Overview
from bonuses import tasks
from bonuses.models import GrantDay
from bonuses.tests.factories import GrantFactory
from integrations.admin.charts import THEMES, Series, bars, plain
from integrations.tests.admin_client import signed_in, text

pytestmark = pytest.mark.django_db

FRONT = "/admin/"
CHARTS = ("grants", "cost")


def shown(client: Client) -> tuple[Overview, str]:
    page = client.get(FRONT)
    return page.context["desk"]["overview"], re.sub(r"\s+", " ", text(page))


def counted() -> None:
    """Four of today, three of nine days ago."""
    now = timezone.now()
    for status, real in (("active", None), ("completed", 400), ("queued", None), ("failed", None)):
        GrantFactory(status=status, created_at=now, bonus_turned_real=real)
    for status in ("expired", "auto_completed", "lost"):
        GrantFactory(status=status, created_at=now - timedelta(days=9))
    tasks.count_grants()


def test_the_schedule_counts_every_minute() -> None:
    assert SCHEDULE["count grants"]["task"] == tasks.count_grants.name
    assert SCHEDULE["count grants"]["schedule"] == 60.0


def test_figures_of_today_and_of_thirty_days() -> None:
    counted()
    found, page = shown(signed_in("bonuses.view_grant"))
    today, month = found.today, found.month
    assert (today.made, today.live, today.completed, today.ended, today.failed) == (4, 2, 1, 0, 1)
    assert (today.credited, today.cost, today.turned_real, today.conversion) == (2, 2000, 400, "50.0 %")
    assert (month.made, month.live, month.completed, month.ended, month.failed) == (7, 2, 2, 2, 1)
    assert (month.credited, month.cost, month.turned_real, month.conversion) == (5, 5000, 400, "40.0 %")
    assert [totals.made for _, totals in found.days] == [0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 4]
    assert ("auto_completed", 0, 1) in found.by_state
    assert "<dt>Credited in 30 days, at face value</dt><dd>€50.00</dd>" in page
    assert "<dt>Of that turned into real money</dt><dd>€4.00</dd>" in page
    assert "<dt>Conversion, 30 days</dt><dd>40.0 %</dd>" in page
    assert "ms ago, by days of UTC." in page or "s ago, by days of UTC." in page
    assert "are a worker and the scheduler running?" not in page


def test_a_count_that_is_old_is_told_of() -> None:
    counted()
    GrantDay.objects.update(counted_at=timezone.now() - timedelta(minutes=12))
    found, page = shown(signed_in("bonuses.view_grant"))
    assert found.is_late
    assert "Counted 12 min ago, by days of UTC." in page
    assert "are a worker and the scheduler running?" in page


def test_before_the_first_count() -> None:
    found, page = shown(signed_in("bonuses.view_grant"))
    assert (found.counted_at, found.uncounted, found.today.made) == (None, 30, 0)
    assert "Today has not been counted yet." in page
    assert found.month.conversion == "-"


def test_days_of_which_nothing_is_known_are_told_of() -> None:
    counted()
    GrantDay.objects.filter(day__lt=timezone.now().date() - timedelta(days=20)).delete()
    _, page = shown(signed_in("bonuses.view_grant"))
    assert "Of 9 of 30 days nothing is known yet." in page


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("has_grants", [True, False])
def test_charts_are_pictures_with_nothing_in_them_that_runs(name: str, theme: str, has_grants: bool) -> None:
    if has_grants:
        counted()
    answer = signed_in("bonuses.view_grant").get(f"/admin/desk/charts/{name}.svg?theme={theme}")
    assert answer["Content-Type"] == "image/svg+xml"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not [node.tag for node in root.iter() if node.tag.endswith(("script", "foreignObject", "image"))]
    addresses = set(re.findall(rb"https?://[^\s\"'<]+", answer.content))
    assert addresses <= {b"http://www.w3.org/2000/svg", b"http://www.w3.org/1999/xlink"}
    policy = answer["Content-Security-Policy"]
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("address", ["nothing.svg", "grants.svg?theme=neon"])
def test_charts_that_are_not_there(address: str) -> None:
    assert signed_in("bonuses.view_grant").get(f"/admin/desk/charts/{address}").status_code == 404


def test_a_chart_names_its_series_and_its_days_and_escapes_them() -> None:
    series = [Series("live <b>", "live", [1, 2]), Series("failed", "bad", [0, 1])]
    drawn = bars(title="By day & night", labels=["1 Mar", "2 Mar"], series=series, is_stacked=True)
    root = ElementTree.fromstring(drawn)
    texts = {node.text for node in root.iter() if node.text}
    assert {"By day & night", "1 Mar", "2 Mar", "live <b>", "failed"} <= texts


def test_numbers_beside_a_chart() -> None:
    assert [plain(value) for value in (0, 1, 0.5, 12345.0)] == ["0", "1", "0.50", "12,345"]
