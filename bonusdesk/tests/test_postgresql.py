"""Our changes to Django's PostgreSQL back end: times are what they were, and a dead connection is noticed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, connection, connections

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def selected(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2025-01-31 12:00:00+00", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("2025-01-31 12:00:00.5+00", datetime(2025, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-01-31 12:00:00.000001+02", datetime(2025, 1, 31, 10, 0, 0, 1, tzinfo=UTC)),
        ("1850-06-01 00:00:00-07:52:58", datetime(1850, 6, 1, 7, 52, 58, tzinfo=UTC)),
        ("0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999+00", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_they_are(written: str, expected: datetime) -> None:
    found = selected(f"'{written}'::timestamptz")
    assert found == expected
    assert found.tzinfo is UTC


def test_no_time_is_none() -> None:
    assert selected("NULL::timestamptz") is None


@pytest.mark.parametrize("written", ["infinity", "10000-01-01 00:00:00+00", "0044-03-15 12:00:00+00 BC"])
def test_times_that_python_does_not_know_are_refused(written: str) -> None:
    with pytest.raises(DataError):
        selected(f"'{written}'::timestamptz")


@pytest.fixture
def another() -> Iterator[Any]:
    """A connection of its own, that a test may break."""
    made = connections.create_connection("default")
    made.connect()
    yield made
    made.close()


def test_a_connection_is_usable_and_is_not_asked(another: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(another.connection, "cursor", lambda: asked.append("asked"))
    assert another.is_usable()
    assert asked == []


def test_a_connection_that_the_server_ended_is_not_usable(another: Any) -> None:
    pid = another.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert cursor.fetchone() == (True,)
    assert not another.is_usable()


def test_a_connection_with_news_that_is_no_end_is_usable(another: Any) -> None:
    with another.cursor() as cursor:
        cursor.execute("LISTEN news")
    teller = connections.create_connection("default")
    with teller.cursor() as cursor:
        cursor.execute("NOTIFY news")
    teller.close()
    assert another.is_usable()


@pytest.mark.parametrize("close", ["connection", "wrapper"])
def test_a_closed_connection_is_not_usable(another: Any, close: str) -> None:
    (another.connection if close == "connection" else another).close()
    assert not another.is_usable()
