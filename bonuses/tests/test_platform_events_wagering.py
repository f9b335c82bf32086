"""Progress, bet by bet and as the platform's own total, and the Ongoing events it makes."""

from datetime import timedelta, timezone
from typing import Any

import pytest
from pytest_django import Settings

from bonuses.models import Bet, Grant
from bonuses.tests.platform_reports import (
    at,
    bet,
    credited,
    current,
    deliver,
    life_of,
    payloads,
    promised,
    told,
)

pytestmark = pytest.mark.django_db

MAX = 2**53 - 1


def wagering(**fields: Any) -> Grant:
    """An active bonus of €10 that has to be wagered once, so that a cent of progress is a thousandth of the way."""
    return credited(**{"wagering_requirement_multiplier": 1, **fields})


def ongoing(grant: Grant) -> list[str]:
    return [key for key in told(grant) if "Ongoing" in key]


def total(grant: Grant, amount: int, *, minute: int, **data: Any) -> bool:
    return deliver(grant, "bonus.wagered", {"total_wagered": amount, **data}, ts=at(minute)).applied


def revert(grant: Grant, **data: Any) -> bool:
    return deliver(grant, "bonus.wager_reverted", data).applied


@pytest.mark.parametrize(
    ("category", "hundredths"),
    [("slots", 33_300), ("table", 3330), ("live", 11_655), ("dice", 0), ("unlisted", 16_650)],
)
def test_a_bet_counts_by_its_category(category: str, hundredths: int) -> None:
    weights = {"slots": 100, "table": 10, "live": 35, "dice": 0, "default": 50}
    grant = wagering(game_contribution=weights)
    assert bet(grant, 333, category=category).applied is True
    assert current(grant).progress_hundredths == hundredths
    assert current(grant).wagering_progress == hundredths // 100


def test_hundredths_add_up_before_they_are_rounded() -> None:
    grant = wagering(game_contribution={"table": 5, "default": 100})
    for _ in range(20):
        bet(grant, 1, category="table")
    assert current(grant).progress_hundredths == 100
    assert current(grant).wagering_progress == 1


@pytest.mark.parametrize("before", [None, "bonus.pending"])
def test_a_bet_implies_the_credit(before: str | None) -> None:
    grant = promised(wagering_requirement_multiplier=1)
    if before:
        deliver(grant, before)
    bet(grant, 100)
    assert life_of(grant)[-1] == "active"
    assert told(grant)[-2:] == ["0:Created", "0:Ongoing:1"]


def test_the_first_bet_starts_ongoing_and_each_tenth_goes_on() -> None:
    grant = wagering()
    for amount in (10, 80, 9, 1, 99, 1, 50):
        bet(grant, amount)
    assert ongoing(grant) == ["0:Ongoing:0", "0:Ongoing:1", "0:Ongoing:2"]
    assert current(grant).wagering_progress == 250


def test_a_jump_over_several_steps_is_told_once() -> None:
    grant = wagering()
    bet(grant, 350)
    bet(grant, 10)
    bet(grant, 600)
    assert ongoing(grant) == ["0:Ongoing:3", "0:Ongoing:9"]


def test_beyond_the_requirement_there_are_no_more_steps() -> None:
    grant = wagering()
    for _ in range(5):
        bet(grant, 1000)
    assert ongoing(grant) == ["0:Ongoing:10"]
    assert current(grant).wagering_progress == 5000


def test_the_size_of_a_step_is_a_setting(settings: Settings) -> None:
    settings.FASTTRACK_ONGOING_STEP_PERCENT = 25
    grant = wagering()
    for _ in range(10):
        bet(grant, 100)
    assert ongoing(grant) == ["0:Ongoing:0", "0:Ongoing:1", "0:Ongoing:2", "0:Ongoing:3", "0:Ongoing:4"]


def test_without_a_requirement_only_the_first_bet_is_told() -> None:
    grant = credited()
    bet(grant, 100)
    bet(grant, 100)
    assert ongoing(grant) == ["0:Ongoing:0"]


def test_an_ongoing_event_tells_what_is_still_locked() -> None:
    grant = wagering()
    bet(grant, 100, locked_amount=940)
    assert current(grant).locked_amount == 940
    assert payloads(grant)[-1]["locked_amount"] == 9.4


def test_a_step_is_not_told_again_after_a_bet_was_taken_back() -> None:
    grant = wagering()
    bet(grant, 300)
    assert revert(grant, bet_amount=250, game_category="slots") is True
    assert current(grant).wagering_progress == 50
    bet(grant, 200)
    bet(grant, 200)
    assert ongoing(grant) == ["0:Ongoing:3", "0:Ongoing:4"]


def test_a_bet_with_an_id_counts_once() -> None:
    grant = wagering()
    assert bet(grant, 100, bet_id="b-1").applied is True
    assert bet(grant, 100, bet_id="b-1").applied is False
    assert bet(grant, 100, bet_id="b-2").applied is True
    assert current(grant).wagering_progress == 200
    assert Bet.objects.filter(grant=grant).count() == 2


def test_bets_of_two_grants_may_share_an_id() -> None:
    one, other = wagering(), wagering()
    assert bet(one, 100, bet_id="b-1").applied is True
    assert bet(other, 100, bet_id="b-1").applied is True


def test_bets_without_an_id_all_count() -> None:
    grant = wagering()
    bet(grant, 100)
    bet(grant, 100)
    assert current(grant).wagering_progress == 200


@pytest.mark.parametrize("field", ["wagering_progress", "total_wagered"])
def test_a_total_replaces_the_progress(field: str) -> None:
    grant = wagering()
    bet(grant, 100)
    assert deliver(grant, "bonus.wagered", {field: 450}, ts=at(1)).applied is True
    assert current(grant).progress_hundredths == 45_000
    assert ongoing(grant) == ["0:Ongoing:1", "0:Ongoing:4"]


def test_a_total_is_already_weighted() -> None:
    grant = wagering(game_contribution={"table": 10, "default": 0})
    assert total(grant, 450, minute=1, game_category="table", bet_amount=4500) is True
    assert current(grant).wagering_progress == 450


def test_an_older_total_is_not_taken() -> None:
    grant = wagering()
    total(grant, 500, minute=5)
    assert total(grant, 300, minute=4) is False
    assert total(grant, 900, minute=4) is False
    assert current(grant).wagering_progress == 500


def test_a_newer_total_may_be_lower() -> None:
    grant = wagering()
    total(grant, 500, minute=5)
    assert total(grant, 300, minute=6) is True
    assert current(grant).wagering_progress == 300
    assert ongoing(grant) == ["0:Ongoing:5"]


def test_of_two_totals_of_one_moment_the_larger_stays() -> None:
    grant = wagering()
    total(grant, 500, minute=5)
    assert total(grant, 300, minute=5) is False
    assert total(grant, 600, minute=5) is True
    assert current(grant).wagering_progress == 600


def test_time_zones_do_not_confuse_the_order_of_totals() -> None:
    grant = wagering()
    total(grant, 500, minute=0)
    in_helsinki = timezone(timedelta(hours=2))
    older, newer = at(-1).astimezone(in_helsinki), at(1).astimezone(in_helsinki)
    assert deliver(grant, "bonus.wagered", {"total_wagered": 100}, ts=older).applied is False
    assert deliver(grant, "bonus.wagered", {"total_wagered": 100}, ts=newer).applied is True


def test_a_reverted_bet_takes_its_progress_back_once() -> None:
    grant = wagering(game_contribution={"table": 10, "default": 100})
    bet(grant, 1000, category="table", bet_id="b-1")
    bet(grant, 300, bet_id="b-2")
    assert revert(grant, bet_id="b-1") is True
    assert revert(grant, bet_id="b-1") is False
    assert current(grant).wagering_progress == 300


def test_a_bet_without_an_id_is_taken_back_by_its_weight() -> None:
    grant = wagering(game_contribution={"table": 10, "default": 100})
    bet(grant, 300)
    assert revert(grant, bet_amount=1000, game_category="table") is True
    assert current(grant).wagering_progress == 200


def test_progress_never_falls_below_zero() -> None:
    grant = wagering()
    bet(grant, 100)
    revert(grant, bet_amount=5000, game_category="slots")
    assert current(grant).progress_hundredths == 0


def test_a_revert_that_comes_before_its_bet_is_remembered() -> None:
    grant = wagering()
    bet(grant, 200)
    assert revert(grant, bet_id="b-1") is True
    assert current(grant).wagering_progress == 200
    assert bet(grant, 100, bet_id="b-1").applied is False
    assert current(grant).wagering_progress == 200


def test_a_revert_may_come_before_the_credit() -> None:
    grant = promised(wagering_requirement_multiplier=1)
    assert revert(grant, bet_id="b-1") is True
    assert life_of(grant) == ["queued"]
    bet(grant, 100, bet_id="b-1")
    assert current(grant).wagering_progress == 0


def test_a_reverted_first_bet_still_tells_that_the_player_has_the_bonus() -> None:
    grant = promised(wagering_requirement_multiplier=1)
    revert(grant, bet_id="b-1")
    answer = bet(grant, 100, bet_id="b-1")
    assert (answer.applied, answer.new_status) == (True, "active")
    assert told(grant) == ["0:Created"]


@pytest.mark.parametrize("data", [{"bet_amount": MAX, "game_category": "slots"}, {"total_wagered": MAX}])
def test_the_largest_amounts_can_be_counted_as_often_as_they_come(data: dict[str, Any]) -> None:
    grant = wagering()
    for _ in range(15):
        assert deliver(grant, "bonus.wagered", data).applied is True
    assert current(grant).wagering_progress == MAX
