"""A bet over the maximum: it ends the bonus, or it does not count, as the terms say."""

from typing import Any

import pytest

from bonuses.models import Grant
from bonuses.tests.factories import PlayerFactory
from bonuses.tests.platform_reports import at, bet, credited, current, deliver, life_of, promised, told
from integrations.models import ExchangeRate

pytestmark = pytest.mark.django_db


def limited(action: str = "forfeit", **fields: Any) -> Grant:
    return credited(wagering_requirement_multiplier=10, max_bet_during_wagering=500, max_bet_action=action, **fields)


def test_a_bet_of_the_maximum_is_allowed() -> None:
    grant = limited()
    bet(grant, 500)
    now = current(grant)
    assert (now.wagering_progress, now.wish) == (500, "")


def test_a_larger_bet_makes_the_wish_to_forfeit_and_no_progress() -> None:
    grant = limited()
    answer = bet(grant, 501, bet_id="b-7")
    assert (answer.applied, answer.new_status) == (True, "active")
    now = current(grant)
    assert (now.wish, now.wish_cause, now.wish_actor) == ("forfeited", "webhook", "acme")
    assert now.wish_reason == "bet b-7 of 501 on slots; the maximum is 500"
    assert now.next_attempt_at == now.updated_at
    assert (now.progress_hundredths, now.ongoing_step) == (0, None)
    assert life_of(grant) == ["queued", "active"]
    assert told(grant) == ["0:Created"]


def test_the_platform_confirms_and_the_bet_stays_the_reason() -> None:
    grant = limited()
    bet(grant, 501)
    deliver(grant, "bonus.forfeited", {"reason": "forfeited"}, ts=at(1))
    step = current(grant).transitions.last()
    assert (step.to_status, step.reason) == ("forfeited", "a bet of 501 on slots; the maximum is 500")
    assert told(grant) == ["0:Created", "0:Forfeited"]


def test_the_first_bet_over_the_maximum_stays_the_reason() -> None:
    grant = limited()
    bet(grant, 600)
    bet(grant, 900)
    assert current(grant).wish_reason == "a bet of 600 on slots; the maximum is 500"


def test_an_earlier_wish_stands() -> None:
    grant = limited()
    Grant.objects.filter(pk=grant.pk).update(wish="cancelled", wish_reason="by an operator", wish_cause="admin")
    bet(grant, 600)
    now = current(grant)
    assert (now.wish, now.wish_reason, now.wish_cause) == ("cancelled", "by an operator", "admin")


@pytest.mark.parametrize("category", ["slots", "dice"])
def test_the_size_of_the_bet_counts_and_not_its_weight(category: str) -> None:
    grant = limited(game_contribution={"slots": 10, "dice": 0, "default": 100})
    bet(grant, 501, category=category)
    assert current(grant).wish == "forfeited"


def test_an_ignored_bet_does_not_count() -> None:
    grant = limited("ignore")
    bet(grant, 501, bet_id="b-1")
    bet(grant, 200)
    now = current(grant)
    assert (now.wagering_progress, now.wish, now.status) == (200, "", "active")


def test_taking_an_ignored_bet_back_takes_nothing() -> None:
    grant = limited("ignore")
    bet(grant, 501, bet_id="b-1")
    bet(grant, 200)
    deliver(grant, "bonus.wager_reverted", {"bet_id": "b-1"})
    deliver(grant, "bonus.wager_reverted", {"bet_amount": 501, "game_category": "slots"})
    assert current(grant).wagering_progress == 200


def test_an_ignored_bet_still_tells_that_the_player_has_the_bonus() -> None:
    grant = promised(wagering_requirement_multiplier=10, max_bet_during_wagering=500, max_bet_action="ignore")
    answer = bet(grant, 501)
    assert (answer.applied, answer.new_status) == (True, "active")
    assert told(grant) == ["0:Created"]


def test_a_bet_over_the_maximum_implies_the_credit() -> None:
    grant = promised(wagering_requirement_multiplier=10, max_bet_during_wagering=500)
    bet(grant, 501)
    now = current(grant)
    assert (now.status, now.wish, now.next_attempt_at) == ("active", "forfeited", now.updated_at)


def test_a_replayed_bet_id_over_the_maximum_is_no_second_offence() -> None:
    grant = limited()
    bet(grant, 400, bet_id="b-1")
    assert bet(grant, 900, bet_id="b-1").applied is False
    assert current(grant).wish == ""


def test_a_bet_that_was_taken_back_before_it_came_does_not_forfeit() -> None:
    grant = limited()
    deliver(grant, "bonus.wager_reverted", {"bet_id": "b-1"})
    assert bet(grant, 900, bet_id="b-1").applied is False
    assert current(grant).wish == ""


def test_a_total_beside_the_bet_does_not_hide_its_size() -> None:
    grant = limited()
    deliver(grant, "bonus.wagered", {"bet_amount": 501, "game_category": "slots", "total_wagered": 501})
    now = current(grant)
    assert (now.wish, now.wagering_progress) == ("forfeited", 0)


def test_a_total_beside_an_ignored_bet_is_the_platforms_word() -> None:
    grant = limited("ignore")
    deliver(grant, "bonus.wagered", {"bet_amount": 501, "game_category": "slots", "total_wagered": 300})
    now = current(grant)
    assert (now.wish, now.wagering_progress) == ("", 300)


def test_the_maximum_is_in_the_grants_currency() -> None:
    ExchangeRate.objects.create(base="EUR", quote="JPY", rate="160", valid_from=at(-60), source="test")
    grant = limited(currency="JPY", player=PlayerFactory(currency="JPY"))
    assert grant.terms.max_bet_during_wagering == 800
    bet(grant, 800)
    assert current(grant).wish == ""
    bet(grant, 801)
    assert current(grant).wish == "forfeited"


def test_without_a_maximum_any_bet_counts() -> None:
    grant = credited(wagering_requirement_multiplier=10)
    bet(grant, 1_000_000)
    assert current(grant).wagering_progress == 1_000_000
