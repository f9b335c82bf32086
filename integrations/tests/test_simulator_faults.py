"""Each thing that can go wrong at the simulated platform does, when it is told to, and no longer."""

import contextlib
import json
import socket
import urllib.parse
from collections.abc import Iterator

import pytest
import urllib3

from integrations.simulator.embedded import SimulatorThread
from integrations.simulator.remote import ControlTrouble
from integrations.tests.platform_calls import Caller, grant_body, options

BROKEN = (urllib3.exceptions.ProtocolError, ConnectionError)


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorThread]:
    with SimulatorThread(options()) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: SimulatorThread) -> SimulatorThread:
    running.remote.clear_faults()
    return running


@pytest.fixture
def caller(simulator: SimulatorThread) -> Caller:
    return Caller(simulator.url)


def test_errors_come_at_their_rate(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.put_faults(error_rate=1, error_status=500)
    body = grant_body()
    assert caller.grant(body).status == 500
    assert caller.cancel(body["grant_id"]).status == 500
    assert caller.status(body["grant_id"]).status == 500
    assert simulator.remote.credits(body["grant_id"]) == 0
    simulator.remote.put_faults(error_rate=0.5)
    statuses = {caller.grant(grant_body()).status for _ in range(40)}
    assert statuses == {201, 503}


@pytest.mark.parametrize("status", [401, 403, 404, 408, 425, 429, 502])
def test_an_error_of_any_status_once(simulator: SimulatorThread, caller: Caller, status: int) -> None:
    simulator.remote.add_fault("error", status=status, count=1)
    body = grant_body()
    assert [caller.grant(body).status for _ in range(2)] == [status, 201]
    assert simulator.remote.credits(body["grant_id"]) == 1


def test_a_refusal_of_the_next_calls(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.add_fault("refuse", status=409, code="NO_WALLET", message="None.", count=2)
    body = grant_body()
    answers = [caller.grant(body) for _ in range(3)]
    assert [a.status for a in answers] == [409, 409, 201]
    assert answers[0].json() == {"code": "NO_WALLET", "message": "None."}


def test_it_credits_and_drops_the_connection(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.add_fault("drop", count=1)
    body = grant_body()
    with pytest.raises(BROKEN):
        caller.grant(body)
    assert simulator.remote.credits(body["grant_id"]) == 1
    assert caller.status(body["grant_id"]).json()["status"] == "credited"
    assert caller.grant(body).status == 201
    assert simulator.remote.credits(body["grant_id"]) == 1


def test_it_drops_the_connection_without_any_work(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.add_fault("drop", count=1, works=False)
    body = grant_body()
    with pytest.raises(BROKEN):
        caller.grant(body)
    assert simulator.remote.credits(body["grant_id"]) == 0


def test_it_credits_after_the_caller_gave_up(simulator: SimulatorThread) -> None:
    simulator.remote.add_fault("late", count=1, delay_seconds=0.6)
    body = grant_body()
    with pytest.raises(urllib3.exceptions.TimeoutError):
        Caller(simulator.url, timeout=0.2).grant(body)
    state = simulator.remote.state()
    assert (state["late_work"], simulator.remote.credits(body["grant_id"])) == (1, 0)
    assert simulator.remote.settle(10)
    assert simulator.remote.credits(body["grant_id"]) == 1


def test_a_repeat_that_overtakes_the_late_credit_is_one_credit(simulator: SimulatorThread) -> None:
    simulator.remote.add_fault("late", count=1, delay_seconds=0.6)
    body = grant_body()
    with pytest.raises(urllib3.exceptions.TimeoutError):
        Caller(simulator.url, timeout=0.2).grant(body)
    caller = Caller(simulator.url)
    assert caller.status(body["grant_id"]).status == 404
    assert caller.grant(body).status == 201
    assert simulator.remote.settle(10)
    assert simulator.remote.credits(body["grant_id"]) == 1


def test_it_says_nothing(simulator: SimulatorThread) -> None:
    simulator.remote.add_fault("hang", call="any", count=1, delay_seconds=0.4)
    body = grant_body()
    with pytest.raises(urllib3.exceptions.TimeoutError):
        Caller(simulator.url, timeout=0.2).grant(body)
    assert simulator.remote.credits(body["grant_id"]) == 0


def test_garbage_instead_of_json(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.add_fault("garbage", count=1)
    body = grant_body()
    answer = caller.grant(body)
    assert answer.status == 201
    with pytest.raises(ValueError, match=r".*"):
        json.loads(answer.data)
    assert simulator.remote.credits(body["grant_id"]) == 1


def test_an_oversized_body(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.add_fault("oversized", count=1)
    answer = caller.grant(grant_body())
    assert answer.status == 201
    assert len(answer.data) > 10 * 1024 * 1024


def test_an_answer_that_trickles(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.add_fault("trickle", count=1, delay_seconds=0.5)
    body = grant_body()
    answer = caller.grant(body)
    assert (answer.status, answer.data) == (201, b" " * 50)
    assert simulator.remote.credits(body["grant_id"]) == 1


def test_a_redirect_that_should_not_be_followed(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.add_fault("redirect", call="any", count=2, status=302)
    body = grant_body()
    for answer in (caller.grant(body), caller.status(body["grant_id"])):
        assert (answer.status, answer.headers["Location"]) == (302, "/control/trap")
    assert "redirect_followed" not in simulator.remote.state()["faults_played"]
    assert simulator.remote.credits(body["grant_id"]) == 0


def test_a_rule_may_be_for_one_player_grant_or_call(simulator: SimulatorThread, caller: Caller) -> None:
    unlucky, other = grant_body(), grant_body(player_external_id="player-2")
    simulator.remote.add_fault("error", status=500, grant_id=unlucky["grant_id"])
    simulator.remote.add_fault("error", status=502, player="player-2")
    simulator.remote.add_fault("error", status=504, call="cancel")
    assert caller.grant(unlucky).status == 500
    assert caller.grant(other).status == 502
    fine = grant_body()
    assert caller.grant(fine).status == 201
    assert caller.cancel(fine["grant_id"]).status == 504
    assert caller.status(fine["grant_id"]).json()["status"] == "credited"


def test_a_cancel_can_be_carried_out_and_its_answer_lost(simulator: SimulatorThread, caller: Caller) -> None:
    body = grant_body()
    caller.grant(body)
    simulator.remote.add_fault("drop", call="cancel", count=1)
    with pytest.raises(BROKEN):
        caller.cancel(body["grant_id"])
    assert caller.status(body["grant_id"]).json()["status"] == "cancelled"


def test_an_outage_breaks_connections_until_it_is_over(simulator: SimulatorThread, caller: Caller) -> None:
    simulator.remote.put_faults(outage={"mode": "close"})
    body = grant_body()
    for _ in range(2):
        with pytest.raises(BROKEN):
            caller.grant(body)
    simulator.remote.put_faults(outage={"mode": "unavailable"})
    assert caller.grant(body).status == 503
    assert simulator.remote.credits(body["grant_id"]) == 0
    simulator.remote.put_faults(outage={"mode": "close", "seconds": 0})
    assert caller.grant(body).status == 201


def test_latency_is_added(simulator: SimulatorThread) -> None:
    simulator.remote.put_faults(latency_ms=400, latency_jitter=0)
    with pytest.raises(urllib3.exceptions.TimeoutError):
        Caller(simulator.url, timeout=0.1).status("x")
    simulator.remote.put_faults(latency_tail_ms=400, latency_tail_share=1)
    with pytest.raises(urllib3.exceptions.TimeoutError):
        Caller(simulator.url, timeout=0.1).status("x")


@pytest.mark.parametrize("faults", [{"no_such": 1}, {"error_rate": 2}, {"rules": [{"kind": "flood"}]}])
def test_faults_that_make_no_sense_change_nothing(simulator: SimulatorThread, faults: dict[str, object]) -> None:
    simulator.remote.put_faults(latency_ms=1)
    with pytest.raises(ControlTrouble, match="422"):
        simulator.remote.put_faults(**faults)
    assert simulator.remote.put_faults(latency_ms=1)["rules"] == []


def test_a_dropped_connection_is_closed_without_a_byte(simulator: SimulatorThread) -> None:
    simulator.remote.put_faults(outage={"mode": "close"})
    where = urllib.parse.urlsplit(simulator.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=5) as connection:
        connection.sendall(b"GET /v1/bonuses/x HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
