"""How fast a campaign goes on, and how long it will take."""

import uuid

import pytest

from campaigns.admin import kept
from campaigns.admin.pace import pace_of, rate_in_words, time_in_words

MEASURING = [("rate", "being measured"), ("time left", "-")]


def test_two_looks_make_a_rate() -> None:
    campaign = uuid.uuid4()
    assert pace_of(campaign, done=100, pending=900, now=1000.0) == MEASURING
    assert pace_of(campaign, done=100, pending=900, now=1000.5) == MEASURING
    assert pace_of(campaign, done=300, pending=700, now=1002.0) == [
        ("rate", "100 a second"),
        ("time left", "less than a minute"),
    ]
    assert pace_of(uuid.uuid4(), done=300, pending=700, now=1002.0) == MEASURING


def test_only_the_last_minute_counts() -> None:
    campaign = uuid.uuid4()
    pace_of(campaign, done=0, pending=9000, now=0.0)
    pace_of(campaign, done=6000, pending=3000, now=30.0)
    assert pace_of(campaign, done=6060, pending=2940, now=90.0) == [
        ("rate", "60 a minute"),
        ("time left", "about 49 minutes"),
    ]


def test_one_that_stands_still_has_no_time_left_to_tell() -> None:
    campaign = uuid.uuid4()
    pace_of(campaign, done=5, pending=10, now=0.0)
    assert pace_of(campaign, done=5, pending=10, now=50.0) == [
        ("rate", "nothing in the last minute"),
        ("time left", "-"),
    ]


def test_without_a_cache_it_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def get(self, *_: object, **__: object) -> None:
            raise ConnectionError

        set = get

    monkeypatch.setattr(kept, "cache", Away())
    campaign = uuid.uuid4()
    for now in (0.0, 10.0):
        assert pace_of(campaign, done=int(now), pending=5, now=now) == MEASURING


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0.0, "nothing in the last minute"),
        (0.001, "1 a minute"),
        (0.5, "30 a minute"),
        (10, "10 a second"),
        (1234.5, "1,234 a second"),
    ],
)
def test_rates_in_words(rate: float, said: str) -> None:
    assert rate_in_words(rate) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "about 1 minute"),
        (3599, "about 60 minutes"),
        (3600, "about 1 hour"),
        (100_000, "about 1 day"),
        (10 * 86_400, "about 10 days"),
    ],
)
def test_times_in_words(seconds: float, said: str) -> None:
    assert time_in_words(seconds) == said
