"""Free spins: nothing of them is a BONUS event until the rounds are over, and what was won is the bonus then."""

from typing import Any

import pytest
from pytest_django import Settings

from bonuses.models import Grant
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
from integrations.models import OutgoingEvent

pytestmark = pytest.mark.django_db

SPINS: dict[str, Any] = {"type": "free_spins", "wagering_requirement_multiplier": 30, "wagering_basis": "winnings"}
ISSUED = "0:custom:free_spins_issued"


def bonus_keys(grant: Grant) -> list[str]:
    return list(
        OutgoingEvent.objects.filter(grant_id=grant.pk, kind="BONUS").order_by("id").values_list("key", flat=True)
    )


def test_the_issue_is_told_as_a_custom_event_once() -> None:
    grant = promised(**SPINS, bonus_code="SPIN20")
    deliver(grant, "bonus.pending")
    deliver(grant, "bonus.credited")
    assert life_of(grant) == ["queued", "pending", "active"]
    assert told(grant) == [ISSUED]
    [payload] = payloads(grant)
    assert payload.pop("timestamp").endswith("Z")
    assert payload == {
        "notification_type": "free_spins_issued",
        "user_id": grant.player.external_id,
        "origin": "acme.example",
        "data": {
            "user_bonus_id": str(grant.pk),
            "bonus_id": str(grant.template_id),
            "bonus_code": "SPIN20",
            "count": "20",
            "value": "2.0",
            "currency": "EUR",
        },
    }
    assert OutgoingEvent.objects.get().kind == "CUSTOM"


def test_custom_events_can_be_switched_off(settings: Settings) -> None:
    settings.FASTTRACK_CUSTOM_EVENTS = False
    grant = credited(**SPINS)
    assert told(grant) == []
    deliver(grant, "bonus.expired")
    assert told(grant) == []
    assert life_of(grant) == ["queued", "active", "expired"]


def test_the_first_bonus_event_tells_what_was_won() -> None:
    grant = credited(**SPINS)
    assert (grant.amount, grant.wagering_required, grant.locked_amount) == (200, 0, 0)
    answer = deliver(grant, "bonus.spins_completed", {"winnings": 1234, "spins_played": 20})
    assert (answer.applied, answer.new_status) == (True, "active")
    assert told(grant) == [ISSUED, "0:Created"]
    done = current(grant)
    assert (done.amount, done.amount_base) == (1234, 1234)
    assert (done.wagering_required, done.locked_amount) == (37_020, 1234)
    created = payloads(grant)[-1]
    assert (created["status"], created["amount"], created["type"]) == ("Created", 12.34, "FreeSpins")
    assert (created["required_wagering_amount"], created["locked_amount"]) == (370.2, 12.34)


def test_spins_that_won_nothing_are_created_and_lost() -> None:
    grant = credited(**SPINS)
    answer = deliver(grant, "bonus.spins_completed", {"winnings": 0})
    assert answer.new_status == "lost"
    assert life_of(grant) == ["queued", "active", "lost"]
    assert told(grant) == [ISSUED, "0:Created", "0:Lost"]
    assert [payload["amount"] for payload in payloads(grant)[1:]] == [0.0, 0.0]


def test_without_wagering_the_platform_tells_what_comes_next() -> None:
    grant = credited(type="free_spins")
    deliver(grant, "bonus.spins_completed", {"winnings": 500})
    assert life_of(grant) == ["queued", "active"]
    assert current(grant).locked_amount == 0
    deliver(grant, "bonus.completed", {"turned_real": 500})
    assert told(grant) == [ISSUED, "0:Created", "0:Completed"]


def test_the_end_of_the_spins_implies_that_they_were_given() -> None:
    grant = promised(**SPINS)
    deliver(grant, "bonus.spins_completed", {"winnings": 500})
    assert life_of(grant) == ["queued", "active"]
    assert told(grant) == [ISSUED, "0:Created"]


def test_spins_are_completed_once() -> None:
    grant = credited(**SPINS)
    deliver(grant, "bonus.spins_completed", {"winnings": 500})
    assert deliver(grant, "bonus.spins_completed", {"winnings": 900}).applied is False
    assert current(grant).amount == 500
    assert told(grant) == [ISSUED, "0:Created"]


@pytest.mark.parametrize(("event", "key"), [("completed", "Completed"), ("auto_completed", "AutoCompleted")])
@pytest.mark.parametrize(("turned_real", "winnings"), [(750, 750), (0, 0), (None, 0)])
def test_an_end_without_a_report_of_the_spins_takes_what_turned_real_for_the_winnings(
    event: str, key: str, turned_real: int | None, winnings: int
) -> None:
    grant = promised(**SPINS)
    deliver(grant, f"bonus.{event}", {"turned_real": turned_real})
    assert life_of(grant) == ["queued", "active", event]
    assert told(grant) == [ISSUED, "0:Created", f"0:{key}"]
    assert [payload["amount"] for payload in payloads(grant)[1:]] == [winnings / 100] * 2
    assert current(grant).amount == winnings


def test_lost_spins_won_nothing() -> None:
    grant = credited(**SPINS)
    deliver(grant, "bonus.lost")
    assert told(grant) == [ISSUED, "0:Created", "0:Lost"]
    assert current(grant).amount == 0


def test_a_late_report_of_the_spins_changes_nothing() -> None:
    grant = credited(**SPINS)
    deliver(grant, "bonus.completed", {"turned_real": 100})
    assert deliver(grant, "bonus.spins_completed", {"winnings": 900}).applied is False
    assert current(grant).amount == 100
    assert told(grant) == [ISSUED, "0:Created", "0:Completed"]


@pytest.mark.parametrize("event", ["expired", "cancelled", "forfeited"])
@pytest.mark.parametrize("claimed", [True, False])
def test_spins_that_end_unplayed_are_told_as_a_custom_event_only(event: str, claimed: bool) -> None:
    grant = promised(**SPINS)
    deliver(grant, "bonus.credited" if claimed else "bonus.pending")
    deliver(grant, f"bonus.{event}", {"reason": "time"})
    assert life_of(grant)[-1] == event
    assert told(grant) == [ISSUED, f"0:custom:free_spins_{event}"]
    assert bonus_keys(grant) == []


@pytest.mark.parametrize("event", ["expired", "cancelled", "forfeited"])
def test_spins_that_were_played_end_as_a_bonus(event: str) -> None:
    grant = credited(**SPINS)
    deliver(grant, "bonus.spins_completed", {"winnings": 500})
    deliver(grant, f"bonus.{event}")
    assert bonus_keys(grant) == ["0:Created", {"expired": "0:Expired"}.get(event, "0:Forfeited")]


def test_no_progress_is_told_before_the_spins_are_over() -> None:
    grant = credited(**SPINS)
    bet(grant, 100)
    assert bonus_keys(grant) == []
    deliver(grant, "bonus.spins_completed", {"winnings": 10})
    bet(grant, 1)
    assert bonus_keys(grant) == ["0:Created", "0:Ongoing:3"]


def test_unplayed_spins_that_come_back_are_created_in_their_next_life() -> None:
    grant = credited(**SPINS)
    deliver(grant, "bonus.expired", ts=at(1))
    deliver(grant, "bonus.reversed", ts=at(2))
    assert bonus_keys(grant) == []
    deliver(grant, "bonus.spins_completed", {"winnings": 500}, ts=at(3))
    deliver(grant, "bonus.completed", ts=at(4))
    assert life_of(grant) == ["queued", "active", "expired", "reversed", "completed"]
    assert bonus_keys(grant) == ["1:Created", "1:Completed"]


def test_other_bonuses_have_no_spins() -> None:
    grant = credited()
    assert deliver(grant, "bonus.spins_completed", {"winnings": 5}).applied is False
    assert current(grant).amount == 1000
    assert told(grant) == ["0:Created"]
