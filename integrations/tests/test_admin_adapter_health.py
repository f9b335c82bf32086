"""How calls to a platform go, on its page and in the list; and its pause."""

import pytest
import redis
from django.contrib.admin.models import LogEntry
from django.test import Client

from integrations.models import Adapter
from integrations.platforms import gate
from integrations.platforms.breaker import Outcome
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text
from integrations.tests.gates import let_in

pytestmark = pytest.mark.django_db

LIST = "/admin/integrations/adapter/"
MAY = ("integrations.view_adapter", "integrations.change_adapter")


@pytest.fixture
def adapter() -> Adapter:
    return Adapter.objects.create(slug="acme", name="Acme", kind="http", base_url="https://platform.example")


def page_of(adapter: Adapter, name: str = "change") -> str:
    return f"{LIST}{adapter.pk}/{name}/"


def call(adapter: Adapter, outcome: Outcome, seconds: float) -> None:
    gate.leave(adapter.pk, let_in(adapter.pk), outcome, seconds)


def rows(client: Client, adapter: Adapter) -> list[tuple[str, ...]]:
    (table,) = client.get(page_of(adapter)).context["tables"]
    found: list[tuple[str, ...]] = table.rows
    return found


def test_rates_of_success_and_latency(adapter: Adapter) -> None:
    for _ in range(98):
        call(adapter, Outcome.OK, 0.02)
    call(adapter, Outcome.REFUSED, 0.2)
    call(adapter, Outcome.TROUBLE, 2.0)
    client = signed_in(*MAY)
    assert rows(client, adapter) == [
        ("answered", "98", "98.0 %", "20 ms", "within 25 ms", "within 25 ms", "within 25 ms"),
        ("refused", "1", "1.0 %", "200 ms", "within 250 ms", "within 250 ms", "within 250 ms"),
        ("gave no usable answer", "1", "1.0 %", "2.0 s", "within 2.5 s", "within 2.5 s", "within 2.5 s"),
        ("all together", "100", "100.0 %", "42 ms", "within 25 ms", "within 25 ms", "within 250 ms"),
    ]
    assert "99.0 % of 100 answered, 95 % within 25 ms" in text(client.get(LIST))


def test_calls_that_took_longer_than_any_bound(adapter: Adapter) -> None:
    call(adapter, Outcome.TROUBLE, 30.0)
    longest = ("longer than 10 s",) * 3
    assert rows(signed_in(*MAY), adapter) == [("gave no usable answer", "1", "100.0 %", "30.0 s", *longest)]


def test_before_the_first_call(adapter: Adapter) -> None:
    client = signed_in(*MAY)
    assert rows(client, adapter) == []
    assert "None yet." in text(client.get(page_of(adapter)))
    assert '<td class="field-calls">none yet</td>' in text(client.get(LIST))


def test_pages_are_there_while_redis_is_not(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> None:
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(gate, "counts", away)
    client = signed_in(*MAY)
    for url in (LIST, page_of(adapter)):
        assert "Redis, which counts for all processes, does not answer" in text(client.get(url)), url


def test_pause_and_resume(adapter: Adapter) -> None:
    client = signed_in(*MAY)
    assert f'href="{page_of(adapter, "pause")}"' in text(client.get(page_of(adapter)))
    page = client.get(page_of(adapter, "pause"))
    assert "No new bonus is sent to this platform" in text(page)
    assert INLINE.search(text(page)) is None
    assert Adapter.objects.get().is_active

    answer = client.post(page_of(adapter, "pause"), {"reason": "maintenance"}, follow=True)
    assert messages_in(answer) == ["acme is paused."]
    assert not Adapter.objects.get().is_active
    assert f'href="{page_of(adapter, "resume")}"' in text(answer)

    assert messages_in(client.post(page_of(adapter, "resume"), {"reason": "it is over"}, follow=True)) == [
        "acme goes on."
    ]
    assert Adapter.objects.get().is_active
    changes = [entry.change_message for entry in LogEntry.objects.order_by("id")]
    assert changes == ["Paused: maintenance", "Resumed: it is over"]


def test_who_comes_second_is_told_and_changes_nothing(adapter: Adapter) -> None:
    client = signed_in(*MAY)
    for said in ("acme is paused.", "Nothing was changed: acme had been paused."):
        answer = client.post(page_of(adapter, "pause"), {"reason": "maintenance"}, follow=True)
        assert messages_in(answer) == [said]
    assert LogEntry.objects.count() == 1


def test_a_pause_needs_a_reason(adapter: Adapter) -> None:
    answer = signed_in(*MAY).post(page_of(adapter, "pause"), {"reason": " "})
    assert answer.context["form"].errors == {"reason": ["This field is required."]}
    assert Adapter.objects.get().is_active


@pytest.mark.parametrize("name", ["pause", "resume"])
def test_who_may_only_look_may_not_pause(adapter: Adapter, name: str) -> None:
    client = signed_in("integrations.view_adapter")
    assert client.post(page_of(adapter, name), {"reason": "maintenance"}).status_code == 403
    assert client.get(page_of(adapter, name)).status_code == 403
    assert Adapter.objects.get().is_active
    assert page_of(adapter, name) not in text(client.get(page_of(adapter)))
