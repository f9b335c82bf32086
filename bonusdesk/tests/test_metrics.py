"""What Prometheus reads: whatever can be had, in bounded numbers of series, and word of what can't."""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from bonusdesk.watching import collectors, metrics
from bonusdesk.watching.asked import Asked
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, GrantFactory, TemplateFactory
from bonuses.tests.platform_reports import post, promised, report, ucrm_headers
from integrations import outbox
from integrations.models import Adapter, OutgoingEvent, SinkState
from integrations.platforms import breaker, gate, shared
from integrations.platforms.breaker import Outcome
from integrations.platforms.limits import Wish
from integrations.sinks.base import DELIVERED, Refused, Trouble
from integrations.sinks.base import Outcome as Said
from integrations.sinks.registry import SINKS
from integrations.tests.outbox_helpers import FakeSink, recorded
from integrations.tests.outbox_helpers import event as recorded_event

Samples = Callable[..., dict[tuple[str, ...], float]]


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = {"grants": collectors.grants, "outbox": collectors.events, "platforms": collectors.platforms}
    monkeypatch.setattr(metrics, "PARTS", {name: Asked(part) for name, part in fresh.items()})


@pytest.fixture
def samples(client: Client) -> Samples:
    """The samples of that name as they are now: their labels' values, in the order of the labels' names → value."""

    def samples(name: str, **labels: str) -> dict[tuple[str, ...], float]:
        response = client.get("/metrics")
        assert response.status_code == 200
        return {
            tuple(value for key, value in sorted(sample.labels.items()) if key not in labels): sample.value
            for family in text_string_to_metric_families(response.content.decode())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        }

    return samples


def call(adapter: Adapter, outcome: Outcome, seconds: float) -> None:
    wish = Wish(uuid.uuid4().hex, max_concurrency=99, max_requests_per_second=9999, patience=9, lease=9)
    gate.leave(adapter.pk, gate.enter(adapter.pk, wish), outcome, seconds)


def event(sink: str, age: float, **fields: Any) -> None:
    created_at = timezone.now() - timedelta(seconds=age)
    OutgoingEvent.objects.create(
        sink=sink, event_id=uuid.uuid4(), grant_id=uuid.uuid4(), key="0:active", created_at=created_at, **fields
    )


def test_it_is_text_for_prometheus(client: Client, transactional_db: None) -> None:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"
    families = {family.name: family for family in text_string_to_metric_families(response.content.decode())}
    ours = {name: family for name, family in families.items() if name.startswith("bonusdesk_")}
    assert len(ours) == 16
    assert all(family.documentation for family in ours.values())
    assert not [name for name in families if name.endswith("_created")]


def test_requests_by_method_route_and_status(api: ApiClient, samples: Samples, transactional_db: None) -> None:
    route = "/v1/bonus-grants/<str:pk>"
    before = samples("bonusdesk_http_requests_total", route=route)
    for _ in range(3):
        api.get(f"bonus-grants/{uuid.uuid4()}")
    after = samples("bonusdesk_http_requests_total", route=route)
    assert after == {**before, ("GET", "404"): before.get(("GET", "404"), 0) + 3}
    timed = samples("bonusdesk_http_request_duration_seconds_count", route=route)
    assert timed[("GET",)] == sum(value for (method, _), value in after.items() if method == "GET")


def test_addresses_that_lead_nowhere_share_one_series(api: ApiClient, samples: Samples, db: None) -> None:
    api.get("nothing")
    api.send("BREW", "nothing")
    before = samples("bonusdesk_http_requests_total")
    for number in range(5):
        api.get(f"nothing/{number}")
        api.client.get(f"/{number}")
        api.client.get("/v1/players", headers={"host": f"{number}.example"})
        api.client.get(f"/admin/{number}")
        api.send(f"BREW{number}", "nothing")
    after = samples("bonusdesk_http_requests_total")
    counted = {labels: after[labels] - before.get(labels, 0) for labels in after if after[labels] != before.get(labels)}
    assert counted == {
        ("GET", "unknown", "404"): 10,
        ("GET", "unknown", "400"): 5,
        ("GET", "unknown", "302"): 5,
        ("other", "unknown", "404"): 5,
    }


def test_probes_are_not_counted(client: Client, samples: Samples, transactional_db: None) -> None:
    before = samples("bonusdesk_http_requests_total")
    for path in ("/livez", "/readyz", "/metrics"):
        client.get(path)
    assert samples("bonusdesk_http_requests_total") == before


def test_grants_by_type_and_state(samples: Samples, transactional_db: None) -> None:
    spins = TemplateFactory(type="free_spins", max_grants_per_player=None)
    for status in ("active", "active", "lost"):
        GrantFactory(template=spins, status=status)
    GrantFactory(status="queued")
    counts = samples("bonusdesk_grants")
    assert len(counts) == 66
    assert {labels: count for labels, count in counts.items() if count} == {
        ("active", "free_spins"): 2,
        ("lost", "free_spins"): 1,
        ("queued", "no_deposit"): 1,
    }


def test_grants_are_counted_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries, transactional_db: None
) -> None:
    GrantFactory()
    with django_assert_num_queries(1):
        collectors.grants()


def test_many_scrapes_ask_the_database_once(client: Client, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    asked: list[None] = []

    def part() -> list[Metric]:
        asked.append(None)
        return []

    monkeypatch.setattr(metrics, "PARTS", {name: Asked(part, keep=60) for name in collectors.PARTS})
    for _ in range(5):
        client.get("/metrics")
    assert len(asked) == len(collectors.PARTS)


def test_answer_that_took_long_is_kept_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 2.0, 41.9, 42.1, 43.0, 43.5])
    monkeypatch.setattr("bonusdesk.watching.asked.monotonic", lambda: next(clock))
    answers = iter("ab")
    asked = Asked(lambda: next(answers), keep=10, rest=20)
    assert [asked.ask().result(5) for _ in range(3)] == ["a", "a", "b"]


def test_events_by_sink(samples: Samples, settings: Settings, transactional_db: None) -> None:
    settings.EVENT_SINKS = ["file", "rest"]
    event("rest", 100)
    event("rest", 50, parked_at=timezone.now())
    event("rest", 900, delivered_at=timezone.now())
    delivered_at = timezone.now()
    SinkState.objects.create(sink="rest", failures=3, last_delivered_at=delivered_at)
    assert samples("bonusdesk_outbox_pending") == {("file",): 0, ("rest",): 2}
    assert samples("bonusdesk_outbox_parked") == {("file",): 0, ("rest",): 1}
    assert samples("bonusdesk_outbox_failed_rounds") == {("file",): 0, ("rest",): 3}
    ages = samples("bonusdesk_outbox_oldest_age_seconds")
    assert ages.pop(("rest",)) == pytest.approx(100, abs=50)
    assert ages == {("file",): 0}
    ready = samples("bonusdesk_outbox_ready_age_seconds")
    assert ready.pop(("rest",)) == pytest.approx(100, abs=50)
    assert ready == {("file",): 0}
    last = samples("bonusdesk_outbox_last_delivered_timestamp_seconds")
    assert last == {("rest",): pytest.approx(delivered_at.timestamp(), abs=0.001)}


def test_a_halted_sink_and_its_batch_in_flight(samples: Samples, settings: Settings, transactional_db: None) -> None:
    settings.EVENT_SINKS = ["file", "kafka"]
    since = timezone.now() - timedelta(seconds=100)
    SinkState.objects.create(sink="file", in_flight_since=since)
    SinkState.objects.create(sink="kafka", in_flight={"ids": [1], "mark": {}}, in_flight_since=since, halted_at=since)
    assert samples("bonusdesk_outbox_halted") == {("file",): 0, ("kafka",): 1}
    ages = samples("bonusdesk_outbox_in_flight_age_seconds")
    assert ages == {("file",): 0, ("kafka",): pytest.approx(100, abs=50)}


def test_tries_by_outcome_are_those_of_all_processes(
    samples: Samples, settings: Settings, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    settings.EVENT_SINKS = ["file"]
    said: dict[str, Said] = {"Created": DELIVERED, "Pending": Refused("400"), "Lost": Trouble("timed out")}
    sink = FakeSink(lambda message: said[json.loads(message.body)["status"]])
    monkeypatch.setitem(SINKS, "file", lambda: sink)
    recorded(*(recorded_event(status, grant_id=uuid.uuid4()) for status in said))
    outbox.deliver("file")
    assert samples("bonusdesk_outbox_events_total") == {
        ("delivered", "file"): 1,
        ("refused", "file"): 1,
        ("trouble", "file"): 1,
    }


@pytest.mark.parametrize("is_shared", [False, True])
def test_calls_and_breaker_by_adapter(
    is_shared: bool, samples: Samples, settings: Settings, request: pytest.FixtureRequest, transactional_db: None
) -> None:
    if is_shared:
        settings.REDIS_URL = request.getfixturevalue("redis_url")
        shared.trust_again()
    adapter = AdapterFactory(slug="acme")
    call(adapter, Outcome.OK, 0.03)
    call(adapter, Outcome.OK, 0.2)
    call(adapter, Outcome.TROUBLE, 30)
    calls = "bonusdesk_platform_call_duration_seconds"
    assert samples(f"{calls}_count", adapter="acme") == {("ok",): 2, ("refused",): 0, ("trouble",): 1}
    assert samples(f"{calls}_sum", outcome="ok") == {("acme",): 0.23}
    buckets = samples(f"{calls}_bucket", outcome="ok")
    assert (buckets["acme", "0.025"], buckets["acme", "0.05"], buckets["acme", "+Inf"]) == (0, 1, 2)
    assert samples("bonusdesk_platform_breaker_state", adapter="acme") == {
        ("closed",): 1,
        ("half_open",): 0,
        ("open",): 0,
    }
    for _ in range(breaker.OPENS_AFTER):
        call(adapter, Outcome.TROUBLE, 1)
    assert samples("bonusdesk_platform_breaker_state", adapter="acme")["open",] == 1


def test_webhooks_by_what_became_of_them(client: Client, samples: Samples, transactional_db: None) -> None:
    grant = promised()
    before = samples("bonusdesk_webhooks_total")
    good = report(grant, "bonus.credited")
    for body in (good, good, b"{", report(grant, "bonus.credited", grant_id=str(uuid.uuid4()))):
        post(client, body)
    post(client, good, headers=ucrm_headers(good, secret="guessed"))
    after = samples("bonusdesk_webhooks_total")
    assert {
        labels: after[labels] - before.get(labels, 0) for labels in after if after[labels] != before.get(labels)
    } == {("acme", outcome): 1 for outcome in ("applied", "replay", "malformed", "unknown_grant", "refused")}


def test_without_a_database_the_rest_is_shown(samples: Samples) -> None:
    """A test that asks for no database is given none."""
    assert samples("bonusdesk_scrape_ok") == {("requests",): 1, ("grants",): 0, ("outbox",): 0, ("platforms",): 0}
    assert samples("bonusdesk_grants") == {}
    assert samples("process_start_time_seconds") != {}


def test_without_redis_one_process_does_not_speak_for_all(
    samples: Samples, settings: Settings, transactional_db: None
) -> None:
    call(AdapterFactory(), Outcome.OK, 0.03)
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    shared.trust_again()
    ok = {("requests",): 1, ("grants",): 1, ("outbox",): 1, ("platforms",): 0}
    assert samples("bonusdesk_scrape_ok") == ok
    shared.failed(gate.redis.ConnectionError())
    assert samples("bonusdesk_scrape_ok") == ok, "also while it is left alone"
    assert samples("bonusdesk_platform_call_duration_seconds_count") == {}
    shared.trust_again()


def test_part_that_hangs_is_left_out(samples: Samples, monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    answered = threading.Event()

    def part() -> list[Metric]:
        answered.wait(60)
        return []

    hanging = Asked(part)
    monkeypatch.setitem(metrics.PARTS, "grants", hanging)
    monkeypatch.setattr(metrics, "LIMIT_SECONDS", 0.1)
    monkeypatch.setitem(metrics.PARTS, "platforms", Asked(list))
    monkeypatch.setitem(metrics.PARTS, "outbox", Asked(list))
    assert samples("bonusdesk_scrape_ok")["grants",] == 0
    answered.set()
    hanging.ask().result(60)
    monkeypatch.setattr(metrics, "LIMIT_SECONDS", 60.0)
    assert samples("bonusdesk_scrape_ok")["grants",] == 1


@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer wrong", "wrong-token-of-16-chars", "Bearer é"])
def test_with_a_token_nobody_else_reads_them(sent: str | None, client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-token-for-the-metrics"
    response = client.get("/metrics", headers={} if sent is None else {"Authorization": sent})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert b"bonusdesk_" not in response.content


def test_with_the_token_they_are_shown(client: Client, settings: Settings, transactional_db: None) -> None:
    settings.METRICS_TOKEN = "a-token-for-the-metrics"
    response = client.get("/metrics", headers={"Authorization": "Bearer a-token-for-the-metrics"})
    assert response.status_code == 200
    assert client.get("/livez").status_code == 200


def test_pages_of_the_admin_are_counted_by_pattern(samples: Samples, transactional_db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a password of root"))
    adapter = AdapterFactory()
    client.get(f"/admin/integrations/adapter/{adapter.pk}/change/")
    counts = samples("bonusdesk_http_requests_total", method="GET", status="200")
    assert ("/admin/integrations/adapter/<path:object_id>/change/",) in counts
    assert not [labels for labels in counts if str(adapter.pk) in labels[0]]
