"""Whoever gets in the way of many answers costs them another try, and not a minute until the sweep."""

from collections.abc import Callable, Sequence

import psycopg
import pytest
from django.db import OperationalError, connection

from bonuses.services.bulk import write_answers
from bonuses.services.transition import Change, save_all
from bonuses.tests.bulk import grant_of, granted, promises, write
from bonuses.tests.platform_reports import everything, life_of, told

pytestmark = pytest.mark.django_db

TRIES = write_answers.TRIES
IN_THE_WAY = [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure]


def trouble(cause: type[Exception]) -> Callable[[], None]:
    """As Django tells it."""

    def tell() -> None:
        raise OperationalError("in trouble") from cause("in trouble")

    return tell


def fails(monkeypatch: pytest.MonkeyPatch, times: int, tell: Callable[[], None]) -> list[int]:
    """At the very end, when everything is written. How many grants each try was about."""
    tried: list[int] = []

    def saves(changes: Sequence[Change]) -> None:
        save_all(changes)
        tried.append(len(changes))
        if len(tried) <= times:
            tell()

    monkeypatch.setattr(write_answers, "save_all", saves)
    return tried


@pytest.mark.parametrize("cause", IN_THE_WAY)
def test_all_of_them_are_written_again(monkeypatch: pytest.MonkeyPatch, cause: type[Exception]) -> None:
    made = promises(3)
    tried = fails(monkeypatch, TRIES - 1, trouble(cause))
    write(made, granted)
    assert tried == [3] * TRIES
    for promise in made:
        grant = grant_of(promise)
        assert (life_of(grant), told(grant), grant.claimed_until) == (["queued", "active"], ["0:Created"], None)


@pytest.mark.parametrize("cause", IN_THE_WAY)
def test_but_not_without_end(monkeypatch: pytest.MonkeyPatch, cause: type[Exception]) -> None:
    made = promises(3)
    before = everything()
    tried = fails(monkeypatch, TRIES, trouble(cause))
    with pytest.raises(OperationalError):
        write(made, granted)
    assert tried == [3] * TRIES
    assert everything() == before


@pytest.mark.parametrize("cause", [psycopg.OperationalError, psycopg.errors.AdminShutdown, psycopg.errors.DiskFull])
def test_a_database_in_trouble_is_left_alone(monkeypatch: pytest.MonkeyPatch, cause: type[Exception]) -> None:
    made = promises(2)
    before = everything()
    tried = fails(monkeypatch, 1, trouble(cause))
    with pytest.raises(OperationalError):
        write(made, granted)
    assert tried == [2]
    assert everything() == before


@pytest.mark.postgres
@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_in_the_databases_own_words(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def tell() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$")

    made = promises(2)
    assert fails(monkeypatch, 1, tell) == []
    write(made, granted)
    assert [life_of(grant_of(promise)) for promise in made] == [["queued", "active"]] * 2
