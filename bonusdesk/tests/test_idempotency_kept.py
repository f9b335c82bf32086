"""Keys are kept for 24 hours, and then they are removed."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from bonusdesk import tasks
from bonusdesk.api import keys
from bonusdesk.celery import SCHEDULE
from bonusdesk.models import IdempotencyKey
from bonusdesk.tests.keyed import TEMPLATE, grant_of, order, post, told
from bonuses.models import BonusTemplate, Grant, Stop
from bonuses.tests.api_client import ApiClient
from bonuses.tests.fake_platform import FakePlatform
from integrations.platforms.base import PlatformTrouble

pytestmark = pytest.mark.django_db

DAY = timedelta(hours=24)
MOMENT = timedelta(seconds=30)


def later(span: timedelta) -> time_machine.travel:
    return time_machine.travel(timezone.now() + span, tick=True)


def test_a_key_makes_a_new_grant_after_a_day(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    first = post(api, "bonus-grants", body)
    with later(DAY - MOMENT):
        assert (told(again := post(api, "bonus-grants", body)), again.content) == ((201, "", True), first.content)
    with later(DAY + MOMENT):
        second = post(api, "bonus-grants", body)
        assert (told(second), grant_of(second) != grant_of(first)) == ((201, "", False), True)
        assert post(api, "bonus-grants", body).content == second.content
    assert (len(platform.asked), Grant.objects.count(), IdempotencyKey.objects.count()) == (2, 2, 1)


def test_what_was_open_is_forgotten_too(api: ApiClient, platform: type[FakePlatform]) -> None:
    body = order()
    platform.fails(PlatformTrouble("time-out", sent=True))
    first = post(api, "bonus-grants", body)
    with later(DAY + MOMENT):
        second = post(api, "bonus-grants", body)
        assert (told(second), grant_of(second) != grant_of(first)) == ((503, "ADAPTER_UNAVAILABLE", False), True)
        assert grant_of(post(api, "bonus-grants", body)) == grant_of(second)


def test_a_day_begins_with_the_last_try(api: ApiClient, platform: type[FakePlatform]) -> None:
    """Refused for a day, then granted: the answer may be lost, and the next try must not grant again."""
    body = order()
    stop = Stop.objects.create(key="all", scope="all", reason="incident", set_by="olga")
    assert told(post(api, "bonus-grants", body)) == (503, "ISSUING_STOPPED", False)
    stop.delete()
    with later(DAY - MOMENT):
        first = post(api, "bonus-grants", body)
        assert told(first) == (201, "", False)
    with later(DAY + MOMENT):
        assert keys.remove_old() == 0
        assert (told(again := post(api, "bonus-grants", body)), again.content) == ((201, "", True), first.content)
    with later(2 * DAY):
        assert told(post(api, "bonus-grants", body)) == (201, "", False)
    assert (len(platform.asked), Grant.objects.count()) == (2, 2)


def test_who_goes_on_asking_what_has_become_of_it_makes_no_second_grant(
    api: ApiClient, platform: type[FakePlatform]
) -> None:
    body = order()
    platform.fails(PlatformTrouble("time-out", sent=True))
    first = post(api, "bonus-grants", body)
    for day in (1, 2, 3):
        with later(day * (DAY - MOMENT)):
            again = post(api, "bonus-grants", body)
            assert (told(again), grant_of(again)) == ((503, "ADAPTER_UNAVAILABLE", True), grant_of(first))
            assert keys.remove_old() == 0
    assert (len(platform.asked), Grant.objects.count()) == (1, 1)


def test_after_a_day_it_may_be_another_request(api: ApiClient) -> None:
    post(api, "bonus-templates", TEMPLATE)
    other = {**TEMPLATE, "name": "Other"}
    with later(DAY - MOMENT):
        assert told(post(api, "bonus-templates", other)) == (422, "IDEMPOTENCY_KEY_REUSED", False)
    with later(DAY + MOMENT):
        assert told(post(api, "bonus-templates", other)) == (201, "", False)
        assert told(post(api, "bonus-templates", TEMPLATE)) == (422, "IDEMPOTENCY_KEY_REUSED", False)
    assert BonusTemplate.objects.count() == 2


def test_how_long_is_a_setting(api: ApiClient, settings: Settings) -> None:
    settings.KEEP_IDEMPOTENCY_KEYS_HOURS = 48
    post(api, "bonus-templates", TEMPLATE)
    with later(2 * DAY - MOMENT):
        assert told(post(api, "bonus-templates", TEMPLATE)) == (201, "", True)
        assert keys.remove_old() == 0


def kept(name: str, created_at: datetime, **fields: Any) -> None:
    IdempotencyKey.objects.create(caller="service", key=name, fingerprint="f", created_at=created_at, **fields)


@pytest.fixture
def several() -> None:
    now = timezone.now()
    kept("old", now - DAY - MOMENT, status=201, is_final=True)
    kept("killed long ago", now - DAY - MOMENT, running_until=now - DAY)
    kept("old, but running", now - DAY - MOMENT, running_until=now + MOMENT)
    kept("young", now - DAY + MOMENT, status=201, is_final=True)


def left() -> set[str]:
    return set(IdempotencyKey.objects.values_list("key", flat=True))


@pytest.mark.usefixtures("several")
def test_prune() -> None:
    out = StringIO()
    call_command("prune", stdout=out)
    assert out.getvalue() == "Removed 0 deliveries, 0 events and 2 idempotency keys.\n"
    assert left() == {"old, but running", "young"}


@pytest.mark.usefixtures("several")
def test_prune_by_the_schedule() -> None:
    assert SCHEDULE["prune"]["task"] == tasks.prune.name
    tasks.prune()
    assert left() == {"old, but running", "young"}


@pytest.mark.usefixtures("several")
def test_prune_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "BATCH", 1)
    batches: list[int] = []
    assert keys.remove_old(on_batch=batches.append) == 2
    assert batches == [1, 2]
