"""What the simulated platform tells us: signed, once per event, in order, until it is taken."""

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest

from integrations.simulator.embedded import SimulatorThread
from integrations.tests.platform_calls import Caller, Receiver, grant_body, options


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def simulator(receiver: Receiver) -> Iterator[SimulatorThread]:
    with SimulatorThread(options(webhook_url=receiver.url, backoff_seconds=0.01)) as simulator:
        yield simulator


def granted(simulator: SimulatorThread) -> str:
    body = grant_body()
    assert Caller(simulator.url).grant(body).status == 201
    return str(body["grant_id"])


def test_a_cancel_is_reported_with_its_reason(simulator: SimulatorThread, receiver: Receiver) -> None:
    grant_id = granted(simulator)
    platform_bonus_id = Caller(simulator.url).cancel(grant_id, "forfeited").json()["platform_bonus_id"]
    assert simulator.remote.settle(10)
    [body] = receiver.bodies
    assert uuid.UUID(body.pop("event_id"))
    assert datetime.fromisoformat(body.pop("ts")).utcoffset() is not None
    assert body == {
        "event": "bonus.cancelled",
        "grant_id": grant_id,
        "platform_bonus_id": platform_bonus_id,
        "data": {"reason": "forfeited"},
    }


def test_the_ucrm_signature_is_over_the_raw_body(simulator: SimulatorThread, receiver: Receiver) -> None:
    Caller(simulator.url).cancel(granted(simulator))
    assert simulator.remote.settle(10)
    [(headers, body)] = receiver.deliveries
    stamp = headers["x-ucrm-timestamp"]
    assert abs(time.time() - int(stamp)) < 60
    assert headers["x-ucrm-signature"] == hmac.new(b"hook", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("secret", ["hook", "whsec_" + base64.b64encode(b"hook").decode()])
def test_standard_webhooks_on_demand(simulator: SimulatorThread, receiver: Receiver, secret: str) -> None:
    simulator.remote.change_settings(webhook_scheme="standard", webhook_secret=secret)
    Caller(simulator.url).cancel(granted(simulator))
    assert simulator.remote.settle(10)
    [(headers, body)] = receiver.deliveries
    assert headers["webhook-id"] == receiver.bodies[0]["event_id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"hook", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert "x-ucrm-signature" not in headers


def test_trouble_is_tried_again_with_the_same_event(simulator: SimulatorThread, receiver: Receiver) -> None:
    receiver.answers[:] = [500, 503, 401, 429]
    Caller(simulator.url).cancel(granted(simulator))
    assert simulator.remote.settle(10)
    assert [body for _, body in receiver.deliveries] == [receiver.deliveries[0][1]] * 5
    webhooks = simulator.remote.state()["webhooks"]
    assert (webhooks["attempts"], webhooks["trouble"], webhooks["delivered"], webhooks["pending"]) == (5, 4, 1, 0)


@pytest.mark.parametrize("status", [404, 422])
def test_a_refusal_is_final(simulator: SimulatorThread, receiver: Receiver, status: int) -> None:
    receiver.answers[:] = [status]
    Caller(simulator.url).cancel(granted(simulator))
    assert simulator.remote.settle(10)
    assert len(receiver.deliveries) == 1
    assert simulator.remote.state()["webhooks"]["refused"] == 1


def test_events_of_a_grant_keep_their_order_through_trouble(simulator: SimulatorThread, receiver: Receiver) -> None:
    receiver.answers[:] = [200, 500, 500]
    grant_id = granted(simulator)
    bet = {"bet_amount": 100, "game_category": "slots"}
    simulator.remote.enqueue(
        {"event": "bonus.credited", "grant_id": grant_id},
        *({"event": "bonus.wagered", "grant_id": grant_id, "data": {**bet, "bet_id": str(n)}} for n in range(5)),
        {"event": "bonus.completed", "grant_id": grant_id, "data": {"turned_real": 300}},
    )
    assert simulator.remote.settle(10)
    taken = [body for n, body in enumerate(receiver.bodies) if n not in (1, 2)]
    assert [body["event"] for body in taken] == ["bonus.credited", *["bonus.wagered"] * 5, "bonus.completed"]
    assert [body["data"]["bet_id"] for body in taken[1:6]] == ["0", "1", "2", "3", "4"]
    assert [body["ts"] for body in taken] == sorted({body["ts"] for body in taken})
    assert simulator.remote.grant(grant_id)["status"] == "completed"


def test_duplicates_on_demand_are_the_same_event(simulator: SimulatorThread, receiver: Receiver) -> None:
    simulator.remote.put_faults(webhook_duplicate_rate=1)
    Caller(simulator.url).cancel(granted(simulator))
    assert simulator.remote.settle(10)
    assert len(receiver.deliveries) == 2
    assert receiver.bodies[0] == receiver.bodies[1]


def test_shuffled_on_demand(simulator: SimulatorThread, receiver: Receiver) -> None:
    simulator.remote.put_faults(webhook_shuffle_rate=1, webhook_shuffle_seconds=0.3)
    grant_id = granted(simulator)
    bet = {"bet_amount": 100, "game_category": "slots"}
    simulator.remote.enqueue(
        *({"event": "bonus.wagered", "grant_id": grant_id, "data": {**bet, "bet_id": f"{n:02}"}} for n in range(20))
    )
    assert simulator.remote.settle(10)
    order = [body["data"]["bet_id"] for body in receiver.bodies]
    assert order != sorted(order)
    assert sorted(order) == [f"{n:02}" for n in range(20)]


def test_sending_by_hand_brings_back_the_answers(simulator: SimulatorThread, receiver: Receiver) -> None:
    grant_id = granted(simulator)
    receiver.answers[:] = [200, 422]
    event = {"event": "bonus.wagered", "grant_id": grant_id, "event_id": "e-1", "data": {"wagering_progress": 5}}
    replies = simulator.remote.send(event, {"body": {"event": 7}})
    assert [(r["event_id"], r["status"]) for r in replies[:1]] == [("e-1", 200)]
    assert replies[0]["body"] == {"received": True, "applied": True, "new_status": "active"}
    assert replies[1]["status"] == 422
    assert receiver.bodies[1] == {"event": 7}
    assert simulator.remote.grant(grant_id)["status"] == "active"


def test_sending_by_hand_with_a_bad_signature(simulator: SimulatorThread, receiver: Receiver) -> None:
    simulator.remote.send({"event": "bonus.lost", "grant_id": granted(simulator), "bad_signature": True}, apply=False)
    [(headers, body)] = receiver.deliveries
    good = hmac.new(b"hook", headers["x-ucrm-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-ucrm-signature"] != good


def test_nowhere_to_send_is_counted() -> None:
    with SimulatorThread(options()) as simulator:
        Caller(simulator.url).cancel(granted(simulator))
        assert simulator.remote.settle(10)
        assert simulator.remote.state()["webhooks"] == {"pending": 0, "unsent": 1}


def test_what_cannot_be_delivered_stays_pending(simulator: SimulatorThread, receiver: Receiver) -> None:
    receiver.answers[:] = [503] * 10_000
    Caller(simulator.url).cancel(granted(simulator))
    assert not simulator.remote.settle(0.2)
    assert simulator.remote.state()["webhooks"]["pending"] == 1
    receiver.answers.clear()
    assert simulator.remote.settle(10)
