"""What a balancer and an orchestrator ask: is the process alive, and can it do its work?"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from bonusdesk.celery import transport_options
from bonusdesk.watching import alerts, readiness
from bonusdesk.watching.asked import Asked

GOOD = {"database": "ok", "broker": "ok", "cache": "ok", "migrations": "ok"}


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test found out, the next does not know."""
    monkeypatch.setattr(readiness.CHECKS["migrations"], "_last", None)
    monkeypatch.setattr(alerts.ASKED, "_last", None)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A database that does not answer until the event is set."""
    answered = threading.Event()
    asked = Asked[None](lambda: answered.wait(60) and None)
    monkeypatch.setitem(readiness.CHECKS, "database", asked)
    monkeypatch.setattr(readiness, "LIMIT_SECONDS", 0.1)
    yield answered
    answered.set()
    asked.ask().result(60)


def broken(message: str) -> Asked[None]:
    def question() -> None:
        raise OSError(message)

    return Asked(question)


def broker_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Celery prefers this variable to whatever its own settings say.
    monkeypatch.setenv("CELERY_BROKER_URL", url)
    app = Celery("probed", set_as_current=False)
    app.conf.update(broker_transport_options=transport_options(url), broker_connection_timeout=1)
    monkeypatch.setattr(readiness, "app", app)


def test_a_live_process_says_so_without_asking_anybody(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"


def test_a_process_that_has_all_it_needs_is_ready(client: Client, transactional_db: None) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "checks": GOOD, "alerts": {}})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["database", "broker", "cache", "migrations"])
def test_what_is_away_is_named_and_its_address_is_for_the_log(
    name: str,
    client: Client,
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(readiness.CHECKS, name, broken("no way to 10.1.2.3"))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "checks": {**GOOD, name: "unavailable"}, "alerts": {}}
    assert "10.1.2.3" in caplog.text


def test_what_hangs_is_not_waited_for_and_holds_nothing_up(
    client: Client, transactional_db: None, hanging: threading.Event
) -> None:
    before = threading.active_count()
    for _ in range(3):
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["checks"]["database"] == "timed out"
    assert threading.active_count() <= before + len(GOOD) + 1, "the second probe waits for the first one's answer"
    assert client.get("/livez").status_code == 200


def test_when_it_answers_again_the_process_is_ready(
    client: Client, transactional_db: None, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 503
    hanging.set()
    readiness.CHECKS["database"].ask().result(60)
    monkeypatch.setattr(readiness, "LIMIT_SECONDS", 60.0)
    assert client.get("/readyz").json()["checks"]["database"] == "ok"


def test_a_migration_that_has_not_run_is_said(client: Client, transactional_db: None) -> None:
    [last] = MigrationLoader(connection).graph.leaf_nodes("bonuses")
    MigrationRecorder(connection).record_unapplied(*last)
    try:
        response = client.get("/readyz")
    finally:
        MigrationRecorder(connection).record_applied(*last)
    assert response.status_code == 503
    assert response.json()["checks"] == {**GOOD, "migrations": "pending"}


def test_migrations_are_asked_about_until_they_have_run(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [readiness.NotReady("pending"), None]

    def migrations() -> None:
        if answer := answers.pop(0):
            raise answer

    monkeypatch.setattr(readiness.CHECKS["migrations"], "_question", migrations)
    assert [readiness.check()["migrations"] for _ in range(4)] == ["pending", "ok", "ok", "ok"]
    assert answers == []


def test_database_that_is_away(client: Client) -> None:
    """A test that asks for no database is given none, in threads neither."""
    checks = client.get("/readyz").json()["checks"]
    assert checks == {**GOOD, "database": "unavailable", "migrations": "unavailable"}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "amqp://guest:guest@127.0.0.1:9//"])
def test_broker_that_is_away(url: str, client: Client, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    broker_at(url, monkeypatch)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {**GOOD, "broker": "unavailable"}


def test_broker_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker_at(f"filesystem://{tmp_path / 'broker'}", monkeypatch)
    readiness._broker()
    assert list((tmp_path / "broker").iterdir()) == []


def test_broker_in_files_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broker").write_text("not a folder")
    broker_at(f"filesystem://{tmp_path / 'broker'}", monkeypatch)
    with pytest.raises(OSError, match="exists"):
        readiness._broker()


def test_broker_in_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broker_at(redis_url, monkeypatch)
    readiness._broker()


def test_cache_in_redis(redis_url: str, settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url},
    }
    readiness._cache()


def test_cache_that_keeps_nothing(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with pytest.raises(readiness.NotReady, match="keeps nothing"):
        readiness._cache()
    assert cache.get("readyz") is None


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_call_by_address_over_plain_http(
    path: str, client: Client, transactional_db: None, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(path, headers={"host": "10.1.2.3:8000", "X-Request-Id": "abc"})
    assert response.status_code == 200
    assert response["X-Request-Id"] == "abc"
    assert client.get("/v1/players", headers={"host": "10.1.2.3:8000"}).status_code == 400


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_head_is_the_same_without_the_body(path: str, client: Client, transactional_db: None) -> None:
    response, whole = client.head(path), client.get(path)
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Type"] == whole["Content-Type"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_other_methods_are_refused(path: str, method: str, client: Client) -> None:
    response = getattr(client, method)(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_only_these_addresses(client: Client, transactional_db: None) -> None:
    assert [client.get(path).status_code for path in ("/livez/", "/readyz/x", "/Livez")] == [404, 404, 404]
