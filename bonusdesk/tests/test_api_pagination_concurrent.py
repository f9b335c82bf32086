"""A list is walked while other connections write to it. Steps happen between two pages: nothing is left to timing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from bonuses.models import Player
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import PlayerFactory

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)
WRITERS = 3


@transaction.atomic
def player(external_id: str, at: datetime, **fields: Any) -> None:
    made = PlayerFactory(external_id=external_id, **fields)
    Player.objects.filter(pk=made.pk).update(created_at=at)


def six_players() -> list[str]:
    """`p5` … `p0`, newest first, a minute apart."""
    for n in range(6):
        player(f"p{n}", NOON + timedelta(minutes=n))
    return [f"p{n}" for n in reversed(range(6))]


def walk(api: ApiClient, limit: int, **query: Any) -> Iterator[list[str]]:
    """Page by page; what the caller does between two of them happens between the requests."""
    cursor = ""
    while cursor is not None:
        body = api.get("players", limit=limit, cursor=cursor, **query).json()
        cursor = body["meta"]["next_cursor"]
        yield [row["external_id"] for row in body["data"]]


def elsewhere(work: Callable[[], object]) -> threading.Thread:
    """Started in a thread, so over another connection."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@contextmanager
def uncommitted(work: Callable[[], object]) -> Iterator[None]:
    """Written within, over another connection, and committed only on leaving."""
    written, commit = threading.Event(), threading.Event()

    def run() -> None:
        with transaction.atomic():
            work()
            written.set()
            assert commit.wait(60)

    thread = elsewhere(run)
    assert written.wait(60)
    try:
        yield
    finally:
        commit.set()
        thread.join()


def test_rows_of_other_connections_come_before_the_walk(api: ApiClient) -> None:
    expected, seen = six_players(), []
    for number, page in enumerate(walk(api, 2)):
        seen += page
        elsewhere(lambda number=number: player(f"new {number}", NOON + timedelta(hours=1 + number))).join()
    assert seen == expected
    assert next(walk(api, 3)) == ["new 2", "new 1", "new 0"]


@pytest.mark.parametrize(
    ("at", "seen"),
    [
        (NOON + timedelta(hours=1), ["p5", "p4", "p3", "p2", "p1", "p0"]),
        (NOON + timedelta(minutes=4, seconds=30), ["p5", "p4", "p3", "p2", "p1", "p0"]),
        (NOON + timedelta(minutes=1, seconds=30), ["p5", "p4", "p3", "p2", "late", "p1", "p0"]),
    ],
)
def test_row_committed_late_is_seen_once_or_not_at_all(api: ApiClient, at: datetime, seen: list[str]) -> None:
    """Its place is that of its creation: behind the walk it is not seen, ahead it is. The others are all seen."""
    six_players()
    pages = walk(api, 2)
    with uncommitted(lambda: player("late", at)):
        found = next(pages)
    for page in pages:
        found += page
    assert found == seen
    assert "late" in next(walk(api, 200))


def test_row_rolled_back_leaves_no_gap(api: ApiClient) -> None:
    expected = six_players()
    pages = walk(api, 2)

    def write_and_fail() -> None:
        with transaction.atomic():
            player("never", NOON + timedelta(minutes=1, seconds=30))
            transaction.set_rollback(True)

    found = next(pages)
    elsewhere(write_and_fail).join()
    assert found + [row for page in pages for row in page] == expected


def test_rows_that_change_while_a_filter_is_walked(api: ApiClient) -> None:
    """A row keeps its place whatever becomes of it: what enters the filter ahead is seen, and nothing twice."""
    six_players()
    Player.objects.filter(external_id="p1").update(status="banned")
    pages = walk(api, 2, status="active")
    found = next(pages)

    def change_statuses() -> None:
        Player.objects.filter(external_id__in=["p5", "p3"]).update(status="banned")
        Player.objects.filter(external_id="p1").update(status="active")

    elsewhere(change_statuses).join()
    elsewhere(lambda: Player.objects.filter(external_id="p5").update(status="active")).join()
    assert found == ["p5", "p4"]
    assert [row for page in pages for row in page] == ["p2", "p1", "p0"]


def test_walks_among_writers(api: ApiClient) -> None:
    """With no order between them: what was there before is seen, in its order, and nothing is seen twice."""
    for n in range(40):
        player(f"old {n}", NOON)
    expected = [row for page in walk(api, 200) for row in page]
    started, enough = threading.Barrier(WRITERS + 1, timeout=60), threading.Event()

    def write(name: int) -> None:
        for number in range(500):
            # New ones, ones that go again, and ones with a time that others have too.
            player(f"new {name} {number}", NOON + timedelta(minutes=number % 3))
            Player.objects.filter(external_id=f"new {name} {number - 5}").delete()
            if number == 0:
                started.wait()
            if enough.is_set():
                return

    writers = [elsewhere(lambda name=name: write(name)) for name in range(WRITERS)]
    started.wait()
    try:
        walks = [[row for page in walk(api, limit) for row in page] for limit in (1, 3, 7, 50)]
    finally:
        enough.set()
        for writer in writers:
            writer.join()
    for seen in walks:
        assert len(seen) == len(set(seen))
        assert [row for row in seen if row.startswith("old")] == expected
    assert Player.objects.filter(external_id__startswith="new").count() >= WRITERS
