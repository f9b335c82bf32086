import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.sinks.base import DELIVERED, UNTRIED, Message, Outcome, Refused, Trouble
from integrations.sinks.rest import RestSink

Answer = Callable[[str], int]
SOON = 3600.0


@dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """Stands in for Fast Track; `answer` maps an event id to a status."""

    url: str = ""
    answer: Answer = lambda event_id: 200
    seen: list[Seen] = field(default_factory=list)

    def take(self, seen: Seen) -> int:
        self.seen.append(seen)
        return self.answer(seen.headers["idempotency-key"])

    @property
    def numbers(self) -> list[int]:
        return [uuid.UUID(seen.headers["idempotency-key"]).int for seen in self.seen]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(Seen(self.path, headers, body))
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", "4")
            self.end_headers()
            if status != 204:
                self.wfile.write(b"said")

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield receiver
        server.shutdown()
        thread.join(10)


def message(number: int, grant: int = 1, kind: str = "BONUS") -> Message:
    return Message(number, uuid.UUID(int=number), kind, uuid.UUID(int=grant), "player-1", f'{{"amount":{number}.0}}')


def send(receiver: Receiver, *messages: Message, concurrency: int = 4, seconds: float = SOON) -> list[Outcome]:
    sink = RestSink(base_url=receiver.url + "/", api_key="the-key", concurrency=concurrency)
    return sink.send(messages, deadline=time.monotonic() + seconds)


def status_of(**statuses: int) -> Answer:
    """By the number of the event, as in `_2=400`; 200 for all others."""
    return lambda event_id: statuses.get(f"_{uuid.UUID(event_id).int}", 200)


def test_posts_each_event_under_its_id(receiver: Receiver) -> None:
    assert send(receiver, message(1), message(2, kind="CUSTOM")) == [DELIVERED, DELIVERED]
    assert [seen.path for seen in receiver.seen] == ["/v1/integration/bonus", "/v1/integration/custom"]
    assert [seen.body for seen in receiver.seen] == ['{"amount":1.0}', '{"amount":2.0}']
    first = receiver.seen[0].headers
    assert first["x-api-key"] == "the-key"
    assert first["idempotency-key"] == "00000000-0000-0000-0000-000000000001"
    assert first["content-type"] == "application/json"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_delivered(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda event_id: status
    assert send(receiver, message(1)) == [DELIVERED]


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_says_why(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda event_id: status
    assert send(receiver, message(1)) == [Refused(f"HTTP {status}: said")]


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503])
def test_all_else_is_trouble(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda event_id: status
    assert send(receiver, message(1)) == [Trouble(f"HTTP {status}: said")]
    assert len(receiver.seen) == 1


def test_a_receiver_that_is_away_is_trouble(receiver: Receiver) -> None:
    receiver.url = "http://127.0.0.1:1"
    [outcome] = send(receiver, message(1))
    assert isinstance(outcome, Trouble)


@pytest.mark.parametrize("status", [400, 503])
def test_after_an_event_that_did_not_arrive_its_grant_waits(receiver: Receiver, status: int) -> None:
    receiver.answer = status_of(_2=status)
    outcomes = send(receiver, message(1), message(2), message(3), message(4, grant=2), message(5, grant=2))
    assert outcomes[0] == DELIVERED
    assert isinstance(outcomes[1], Refused if status == 400 else Trouble)
    assert outcomes[2:] == [UNTRIED, DELIVERED, DELIVERED]
    assert sorted(receiver.numbers) == [1, 2, 4, 5]


def test_grants_go_side_by_side_and_each_in_order(receiver: Receiver) -> None:
    together = threading.Barrier(3)

    def meet_the_others(event_id: str) -> int:
        together.wait(20)
        return 200

    receiver.answer = meet_the_others
    batch = [message(step * 10 + grant, grant=grant) for step in range(1, 4) for grant in range(1, 4)]
    assert send(receiver, *batch, concurrency=3) == [DELIVERED] * 9
    for grant in range(1, 4):
        assert [n for n in receiver.numbers if n % 10 == grant] == [10 + grant, 20 + grant, 30 + grant]


def test_a_receiver_that_is_down_is_not_asked_for_every_grant(receiver: Receiver) -> None:
    receiver.answer = lambda event_id: 503
    outcomes = send(receiver, *(message(n, grant=n) for n in range(1, 41)), concurrency=2)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds.count(Trouble) == len(receiver.seen)
    assert 2 <= len(receiver.seen) <= 3
    assert outcomes.count(UNTRIED) == 40 - len(receiver.seen)


def test_nothing_is_started_after_the_deadline(receiver: Receiver) -> None:
    assert send(receiver, message(1), message(2, grant=2), seconds=-1) == [UNTRIED, UNTRIED]
    assert receiver.seen == []
