"""The simulated platform answers its three calls as agreed, and lets nobody else in."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.simulator.embedded import SimulatorThread
from integrations.tests.platform_calls import Caller, grant_body, options


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorThread]:
    with SimulatorThread(options()) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: SimulatorThread) -> SimulatorThread:
    running.remote.clear_faults()
    running.remote.change_settings(opening="credited")
    return running


@pytest.fixture
def caller(simulator: SimulatorThread) -> Caller:
    return Caller(simulator.url)


def test_a_grant_is_credited_once(simulator: SimulatorThread, caller: Caller) -> None:
    body = grant_body()
    answer = caller.grant(body)
    assert answer.status == 201
    bonus = answer.json()
    assert bonus == {"platform_bonus_id": bonus["platform_bonus_id"], "status": "credited"}
    assert bonus["platform_bonus_id"]
    book = simulator.remote.ledger_of(body["grant_id"])
    assert (book["credits"], book["balance"]) == (1, 2000)
    assert [(e["kind"], e["amount"], e["currency"], e["reason"], e["player"]) for e in book["entries"]] == [
        ("credit", 2000, "EUR", "grant", "player-1")
    ]


def test_a_repeat_gets_the_first_answer_and_no_money(simulator: SimulatorThread, caller: Caller) -> None:
    body = grant_body()
    first, second = caller.grant(body), caller.grant(body)
    assert (second.status, second.json()) == (201, first.json())
    assert simulator.remote.credits(body["grant_id"]) == 1
    assert simulator.remote.grant(body["grant_id"])["calls"] == 2


def test_a_repeat_with_other_bytes_is_counted(simulator: SimulatorThread, caller: Caller) -> None:
    before = simulator.remote.state()["repeats"]
    body = grant_body()
    caller.grant(body)
    caller.grant(body)
    body["template"]["amount_subunit"] = 9000
    caller.grant(body)
    after = simulator.remote.state()["repeats"]
    assert after["all"] - before["all"] == 2
    assert after["with_other_bytes"] - before["with_other_bytes"] == 1
    assert simulator.remote.ledger_of(body["grant_id"])["balance"] == 2000


def test_a_repeat_can_be_refused_as_duplicate(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.put_faults(repeats="refuse")
    body = grant_body()
    assert caller.grant(body).status == 201
    again = caller.grant(body)
    assert (again.status, again.json()["code"]) == (409, "DUPLICATE_GRANT")
    assert simulator.remote.credits(body["grant_id"]) == 1
    assert caller.status(body["grant_id"]).json()["status"] == "credited"


def test_a_platform_that_is_not_idempotent_credits_again(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.put_faults(repeats="credit_again")
    body = grant_body()
    assert [caller.grant(body).status for _ in range(2)] == [201, 201]
    assert simulator.remote.ledger_of(body["grant_id"])["balance"] == 4000
    assert simulator.remote.ledger()["double_credits"] == {body["grant_id"]: 2}


def test_a_pending_bonus_has_no_money_until_it_is_credited(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.change_settings(opening="pending")
    body = grant_body()
    assert caller.grant(body).json()["status"] == "pending"
    assert simulator.remote.credits(body["grant_id"]) == 0
    simulator.remote.send({"event": "bonus.credited", "grant_id": body["grant_id"]})
    assert simulator.remote.credits(body["grant_id"]) == 1
    assert caller.status(body["grant_id"]).json()["status"] == "credited"


def test_a_refused_player_gets_nothing(simulator: SimulatorThread, caller: Caller) -> None:
    refusal = {"status": 409, "code": "PLAYER_SELF_EXCLUDED", "message": "Not him."}
    simulator.remote.put_faults(refused_players={"player-9": refusal})
    body = grant_body(player_external_id="player-9")
    answer = caller.grant(body)
    assert (answer.status, answer.json()) == (409, {"code": "PLAYER_SELF_EXCLUDED", "message": "Not him."})
    assert simulator.remote.credits(body["grant_id"]) == 0
    assert caller.status(body["grant_id"]).status == 404


def test_an_unknown_type_is_refused(caller: Caller) -> None:
    answer = caller.grant(grant_body(template__type="lottery_ticket"))
    assert (answer.status, answer.json()["code"]) == (422, "TEMPLATE_NOT_SUPPORTED")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"player_external_id": ""}, "player_external_id"),
        ({"template": None}, "template"),
        ({"template__amount_subunit": 20.0}, "amount_subunit"),
        ({"template__amount_subunit": True}, "amount_subunit"),
        ({"template__amount_subunit": -1}, "amount_subunit"),
        ({"template__currency": None}, "currency"),
        ({"template__config": []}, "config"),
        ({"template__expires_at": "tomorrow"}, "expires_at"),
        ({"template__expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"wagering__multiplier": "30"}, "multiplier"),
        ({"wagering__required_subunit": None}, "required_subunit"),
        ({"wagering__max_bet_subunit": "500"}, "max_bet_subunit"),
        ({"wagering__game_contribution": {"slots": "100"}}, "game_contribution.slots"),
        ({"granted_by": {"kind": None}}, "kind"),
    ],
)
def test_an_unreadable_order_is_refused(caller: Caller, changed: dict[str, Any], named: str) -> None:
    body = grant_body(**changed)
    answer = caller.grant(body)
    assert (answer.status, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert answer.json()["message"].startswith(named)
    assert caller.status(body["grant_id"]).status == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"grant_id": "7"}'])
def test_what_is_not_a_grant_is_refused(caller: Caller, body: bytes) -> None:
    for path in ("/v1/bonuses/grant", "/v1/bonuses/cancel"):
        answer = caller.call("POST", path, body)
        assert (answer.status, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_the_idempotency_key_has_to_be_the_grant(caller: Caller) -> None:
    body = grant_body()
    answer = caller.call("POST", "/v1/bonuses/grant", json.dumps(body).encode(), key=str(uuid.uuid4()))
    assert answer.status == 400
    assert caller.status(body["grant_id"]).status == 404


def test_the_status_is_found_by_either_id(caller: Caller) -> None:
    body = grant_body()
    bonus = caller.grant(body).json()
    expected = {"grant_id": body["grant_id"], "platform_bonus_id": bonus["platform_bonus_id"], "status": "credited"}
    for bonus_id in (body["grant_id"], bonus["platform_bonus_id"]):
        answer = caller.status(bonus_id)
        assert (answer.status, answer.json()) == (200, expected)


def test_a_cancel_takes_the_money_back_and_may_be_repeated(simulator: SimulatorThread, caller: Caller) -> None:
    body = grant_body()
    caller.grant(body)
    for _ in range(2):
        answer = caller.cancel(body["grant_id"])
        assert (answer.status, answer.json()["status"]) == (200, "cancelled")
    book = simulator.remote.ledger_of(body["grant_id"])
    assert [(e["kind"], e["amount"], e["reason"]) for e in book["entries"]] == [
        ("credit", 2000, "grant"),
        ("debit", 2000, "cancelled"),
    ]
    assert (book["credits"], book["balance"]) == (1, 0)


def test_what_has_ended_otherwise_cannot_be_cancelled(simulator: SimulatorThread, caller: Caller) -> None:
    body = grant_body()
    caller.grant(body)
    simulator.remote.send({"event": "bonus.lost", "grant_id": body["grant_id"]})
    answer = caller.cancel(body["grant_id"])
    assert (answer.status, answer.json()["code"]) == (409, "BONUS_ALREADY_ENDED")
    assert caller.status(body["grant_id"]).json()["status"] == "lost"


def test_what_was_never_seen_cannot_be_cancelled(caller: Caller) -> None:
    assert caller.cancel(str(uuid.uuid4())).status == 404


@pytest.mark.parametrize(
    ("wrong", "late", "headers"),
    [
        ({"token": "other"}, 0, {}),
        ({"secret": "other"}, 0, {}),
        ({}, -301, {}),
        ({}, 302, {}),
        ({}, 0, {"X-UCRM-Timestamp": "soon"}),
        ({}, 0, {"X-UCRM-Signature": ""}),
    ],
)
def test_a_call_that_is_not_genuine_is_not_let_in(
    simulator: SimulatorThread, wrong: dict[str, Any], late: int, headers: dict[str, Any]
) -> None:
    body = grant_body()
    stranger = Caller(simulator.url, **wrong)
    raw = json.dumps(body).encode()
    answer = stranger.call(
        "POST", "/v1/bonuses/grant", raw, key=body["grant_id"], at=time.time() + late, headers=headers
    )
    assert (answer.status, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert simulator.remote.credits(body["grant_id"]) == 0


def test_a_signature_of_other_bytes_does_not_fit(simulator: SimulatorThread, caller: Caller) -> None:
    body = grant_body()
    signed = caller.call("POST", "/v1/bonuses/grant", json.dumps(body).encode(), key=body["grant_id"])
    assert signed.status == 201
    stolen = {"X-UCRM-Signature": "0" * 64}
    assert caller.call("GET", f"/v1/bonuses/{body['grant_id']}", headers=stolen).status == 401


def test_the_right_secret_can_be_changed_while_it_runs(simulator: SimulatorThread) -> None:
    simulator.remote.change_settings(token="new", secret="newer")
    try:
        assert Caller(simulator.url).grant(grant_body()).status == 401
        assert Caller(simulator.url, token="new", secret="newer").grant(grant_body()).status == 201
    finally:
        simulator.remote.change_settings(token="tok", secret="sec")
