"""A test call from a platform's page: it asks, and changes nothing there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bonuses.models import Grant
from bonuses.tests.factories import GrantFactory
from bonuses.tests.issuing import Wire, change, closed_port, cool_down, open_breaker
from integrations.models import Adapter
from integrations.platforms import breaker
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

MAY = ("integrations.view_adapter", "integrations.change_adapter")


def page_of(adapter: Adapter) -> str:
    return f"/admin/integrations/adapter/{adapter.pk}/try/"


def said(adapter: Adapter) -> str:
    (message,) = messages_in(signed_in(*MAY).post(page_of(adapter), follow=True))
    return message


def test_it_says_first_what_it_will_do(adapter: Adapter, wire: Wire) -> None:
    page = signed_in(*MAY).get(page_of(adapter))
    assert page.status_code == 200
    assert "It should answer that it knows nothing of it" in text(page)
    assert INLINE.search(text(page)) is None
    assert wire.calls == []


def test_a_platform_that_is_well(adapter: Adapter, wire: Wire) -> None:
    assert said(adapter).startswith("It knows nothing of a grant that was never made, as it should be. (")
    assert wire.names == ["status"]
    assert not Grant.objects.exists()


def test_a_platform_that_does_not_take_our_token(adapter: Adapter) -> None:
    change(adapter, token="tok_another_2c71")
    assert said(adapter).startswith("It gave no usable answer: HTTP 401. (")


def test_a_platform_where_nobody_listens(adapter: Adapter, wire: Wire) -> None:
    change(adapter, base_url=closed_port())
    assert said(adapter).startswith("It gave no usable answer: ")
    assert breaker.state(adapter.pk).troubles == 1


def test_nothing_is_sent_while_the_breaker_is_open(adapter: Adapter, wire: Wire) -> None:
    open_breaker(adapter)
    assert said(adapter).startswith("It was not called: the breaker is open. Try again in ")
    assert wire.calls == []


def test_an_answer_closes_the_breaker_and_what_waits_is_due(adapter: Adapter) -> None:
    later = timezone.now() + timedelta(hours=1)
    waiting = GrantFactory(status="queued", adapter=adapter, next_attempt_at=later)
    open_breaker(adapter)
    cool_down(adapter)
    assert said(adapter).startswith("It knows nothing of a grant")
    assert breaker.state(adapter.pk).state == "closed"
    waiting.refresh_from_db()
    assert waiting.next_attempt_at < later


def test_a_platform_that_can_not_be_asked(adapter: Adapter, wire: Wire) -> None:
    change(adapter, capabilities=["issue", "cancel"])
    assert said(adapter) == "It was not called: it lacks the capability to tell the status of a bonus."
    assert "Test call" not in text(
        signed_in(*MAY, name="boris").get(f"/admin/integrations/adapter/{adapter.pk}/change/")
    )
    assert wire.calls == []


def test_who_may_only_look_may_not_call(adapter: Adapter, wire: Wire) -> None:
    client = signed_in("integrations.view_adapter")
    assert client.post(page_of(adapter)).status_code == 403
    assert client.get(page_of(adapter)).status_code == 403
    assert wire.calls == []
