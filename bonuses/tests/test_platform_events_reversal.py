"""A bonus that had ended is back on the account: its next life."""

from datetime import UTC, datetime, timedelta

import pytest

from bonuses.models import Grant
from bonuses.tests.factories import GrantFactory, PlayerFactory
from bonuses.tests.platform_reports import (
    at,
    bet,
    credited,
    current,
    deliver,
    drifts,
    life_of,
    payloads,
    promised,
    told,
)
from integrations.models import ExchangeRate, WebhookDelivery

pytestmark = pytest.mark.django_db


def outcomes() -> list[str]:
    return list(WebhookDelivery.objects.order_by("received_at", "id").values_list("outcome", flat=True))


@pytest.mark.parametrize("ending", ["completed", "auto_completed", "forfeited", "expired", "lost", "cancelled"])
def test_what_was_credited_comes_back_from_every_ending(ending: str) -> None:
    grant = credited(wagering_requirement_multiplier=30)
    deliver(grant, f"bonus.{ending}", ts=at(1))
    answer = deliver(grant, "bonus.reversed", ts=at(2))
    assert (answer.applied, answer.new_status) == (True, "reversed")
    assert life_of(grant) == ["queued", "active", ending, "reversed"]
    assert told(grant)[-1] == "1:Reversed"
    back = current(grant)
    assert (back.life, back.ended_at, back.slot) == (1, None, 0)
    assert (back.amount, back.locked_amount) == (1000, 1000)
    assert back.transitions.last().life == 1


def test_it_can_end_and_come_back_again() -> None:
    grant = credited()
    for life in range(3):
        deliver(grant, "bonus.completed", ts=at(10 * life + 1))
        deliver(grant, "bonus.reversed", ts=at(10 * life + 2))
    deliver(grant, "bonus.lost", ts=at(100))
    assert life_of(grant) == ["queued", "active", *["completed", "reversed"] * 3, "lost"]
    assert told(grant) == [
        "0:Created",
        "0:Completed",
        "1:Reversed",
        "1:Completed",
        "2:Reversed",
        "2:Completed",
        "3:Reversed",
        "3:Lost",
    ]


def test_progress_and_ongoing_steps_go_on_where_they_were() -> None:
    grant = credited(wagering_requirement_multiplier=1)
    bet(grant, 350)
    deliver(grant, "bonus.completed", ts=at(1))
    deliver(grant, "bonus.reversed", ts=at(2))
    assert current(grant).wagering_progress == 350
    bet(grant, 10, ts=at(3))
    bet(grant, 40, ts=at(4))
    assert current(grant).wagering_progress == 400
    assert told(grant) == ["0:Created", "0:Ongoing:3", "0:Completed", "1:Reversed", "1:Ongoing:4"]


def test_the_expiry_stays_unless_a_new_one_comes() -> None:
    grant = credited(time_limit_hours=24)
    expiry = grant.expires_at
    assert expiry == grant.created_at + timedelta(hours=24)
    deliver(grant, "bonus.completed", ts=at(1))
    deliver(grant, "bonus.reversed", ts=at(2))
    assert current(grant).expires_at == expiry
    deliver(grant, "bonus.completed", ts=at(3))
    deliver(grant, "bonus.reversed", {"expires_at": "2027-01-01T02:00:00+02:00"}, ts=at(4))
    assert current(grant).expires_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_it_may_come_back_with_another_amount() -> None:
    ExchangeRate.objects.create(base="USD", quote="EUR", rate="0.5", valid_from=at(-60), source="test")
    config = {"amount": 1000, "currency": "USD"}
    grant = credited(player=PlayerFactory(currency="USD"), config=config, wagering_requirement_multiplier=3)
    deliver(grant, "bonus.completed", {"turned_real": 900}, ts=at(1))
    deliver(grant, "bonus.reversed", {"amount": 600}, ts=at(2))
    back = current(grant)
    assert (back.amount, back.amount_base, back.locked_amount, back.wagering_required) == (600, 300, 600, 3000)
    assert payloads(grant)[-1]["amount"] == 6.0


def test_what_had_been_turned_real_is_bonus_money_again() -> None:
    grant = credited()
    deliver(grant, "bonus.completed", {"turned_real": 900}, ts=at(1))
    deliver(grant, "bonus.reversed", ts=at(2))
    assert current(grant).bonus_turned_real is None
    deliver(grant, "bonus.completed", ts=at(3))
    assert "bonus_turned_real" not in payloads(grant)[-1]


def test_a_reversal_that_comes_before_its_ending_waits_for_it() -> None:
    grant = credited()
    early = deliver(grant, "bonus.reversed", ts=at(2))
    assert (early.applied, early.new_status) == (False, "active")
    assert life_of(grant) == ["queued", "active"]
    answer = deliver(grant, "bonus.completed", ts=at(1))
    assert (answer.applied, answer.new_status) == (True, "reversed")
    assert life_of(grant) == ["queued", "active", "completed", "reversed"]
    assert told(grant) == ["0:Created", "0:Completed", "1:Reversed"]
    assert outcomes() == ["applied", "applied", "applied"]


def test_the_reversal_that_waited_is_its_own_cause() -> None:
    grant = credited()
    deliver(grant, "bonus.reversed", ts=at(2), event_id="the-reversal")
    deliver(grant, "bonus.completed", ts=at(1), event_id="the-ending")
    causes = current(grant).transitions.order_by("-seq").values_list("webhook_id", flat=True)[:2]
    assert [WebhookDelivery.objects.get(pk=pk).event_id for pk in causes] == ["the-reversal", "the-ending"]


def test_a_reversal_may_be_the_first_we_hear() -> None:
    grant = promised()
    deliver(grant, "bonus.reversed", ts=at(3))
    deliver(grant, "bonus.lost", ts=at(2))
    assert life_of(grant) == ["queued", "active", "lost", "reversed"]
    assert told(grant) == ["0:Created", "0:Lost", "1:Reversed"]


def test_an_ending_that_overtook_its_reversal_follows_it() -> None:
    grant = credited()
    deliver(grant, "bonus.completed", ts=at(1))
    second = deliver(grant, "bonus.lost", ts=at(3))
    assert (second.applied, second.new_status) == (False, "completed")
    answer = deliver(grant, "bonus.reversed", ts=at(2))
    assert (answer.applied, answer.new_status) == (True, "lost")
    assert life_of(grant) == ["queued", "active", "completed", "reversed", "lost"]
    assert told(grant) == ["0:Created", "0:Completed", "1:Reversed", "1:Lost"]


def test_an_ending_after_a_reversal_that_waits_waits_too() -> None:
    grant = credited()
    deliver(grant, "bonus.reversed", ts=at(2))
    assert deliver(grant, "bonus.lost", ts=at(3)).new_status == "active"
    assert deliver(grant, "bonus.completed", ts=at(1)).new_status == "lost"
    assert life_of(grant) == ["queued", "active", "completed", "reversed", "lost"]
    assert outcomes() == ["applied"] * 4


def test_a_reversal_that_a_later_ending_overtook_does_not_bring_it_back() -> None:
    grant = credited()
    deliver(grant, "bonus.lost", ts=at(3))
    for event, ts in (("bonus.reversed", at(2)), ("bonus.completed", at(1))):
        assert deliver(grant, event, ts=ts).applied is False
    assert life_of(grant) == ["queued", "active", "lost"]
    assert outcomes() == ["applied", "applied", "not_applied", "not_applied"]


def test_a_replay_of_a_reversal_that_waits_does_not_count_twice() -> None:
    grant = credited()
    for _ in range(2):
        deliver(grant, "bonus.reversed", ts=at(2), event_id="r-1")
    deliver(grant, "bonus.completed", ts=at(1))
    deliver(grant, "bonus.completed", ts=at(3))
    assert life_of(grant) == ["queued", "active", "completed", "reversed", "completed"]


def test_two_reversals_that_wait_each_follow_an_ending_of_theirs() -> None:
    grant = credited()
    deliver(grant, "bonus.reversed", ts=at(4))
    deliver(grant, "bonus.reversed", ts=at(2))
    deliver(grant, "bonus.completed", ts=at(1))
    assert life_of(grant) == ["queued", "active", "completed", "reversed"]
    deliver(grant, "bonus.lost", ts=at(3))
    assert life_of(grant) == ["queued", "active", "completed", "reversed", "lost", "reversed"]
    assert told(grant) == ["0:Created", "0:Completed", "1:Reversed", "1:Lost", "2:Reversed"]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("bonus.completed", {"turned_real": 100}),
        ("bonus.lost", None),
        ("bonus.forfeited", None),
        ("bonus.wagered", {"bet_amount": 100, "game_category": "slots"}),
        ("bonus.wager_reverted", {"bet_amount": 100, "game_category": "slots"}),
        ("bonus.reversed", None),
    ],
)
def test_a_late_report_of_an_earlier_life_does_nothing(event: str, data: dict[str, int]) -> None:
    grant = credited(wagering_requirement_multiplier=30)
    bet(grant, 200)
    deliver(grant, "bonus.completed", ts=at(5))
    deliver(grant, "bonus.reversed", ts=at(10))
    answer = deliver(grant, event, data, ts=at(4))
    assert (answer.applied, answer.new_status) == (False, "reversed")
    assert current(grant).wagering_progress == 200
    deliver(grant, "bonus.lost", ts=at(11))
    assert life_of(grant) == ["queued", "active", "completed", "reversed", "lost"]


def test_a_credit_says_nothing_new_of_a_reversed_bonus() -> None:
    grant = credited()
    deliver(grant, "bonus.completed", ts=at(1))
    deliver(grant, "bonus.reversed", ts=at(2))
    assert deliver(grant, "bonus.credited", ts=at(3)).applied is False
    assert life_of(grant)[-1] == "reversed"


@pytest.mark.parametrize("ending", ["bonus.cancelled", "bonus.expired", "bonus.forfeited"])
def test_what_was_never_credited_can_not_come_back(ending: str) -> None:
    grant = promised()
    deliver(grant, "bonus.pending")
    deliver(grant, ending, ts=at(1))
    ended = current(grant)
    assert deliver(grant, "bonus.reversed", ts=at(2)).applied is False
    assert life_of(grant) == ["queued", "pending", ended.status]
    assert drifts(grant) == [("credited_after_end", ended.status, "bonus.reversed")]
    assert current(grant).life == 0


def test_a_reversal_that_waited_for_an_end_without_credit_becomes_drift() -> None:
    grant = promised()
    deliver(grant, "bonus.pending")
    deliver(grant, "bonus.reversed", ts=at(2))
    answer = deliver(grant, "bonus.cancelled", ts=at(1))
    assert (answer.applied, answer.new_status) == (True, "cancelled")
    assert drifts(grant) == [("credited_after_end", "cancelled", "bonus.reversed")]
    assert outcomes() == ["applied", "not_applied", "applied"]


def test_a_credited_grant_keeps_its_slot_when_it_is_cancelled_and_an_uncredited_one_does_not() -> None:
    kept, given_back = credited(), promised()
    deliver(kept, "bonus.cancelled")
    deliver(given_back, "bonus.cancelled")
    assert (current(kept).slot, current(given_back).slot) == (0, None)


def test_a_reversed_grant_of_a_deleted_delivery_log_still_ends() -> None:
    grant: Grant = GrantFactory(status="reversed", life=1)
    deliver(grant, "bonus.lost")
    assert current(grant).status == "lost"
    assert told(grant) == ["1:Lost"]
