"""The REST connector: at least once under a stable key, in order per grant."""

from collections.abc import Mapping

from scripts.eyes.base import Seen
from scripts.eyes.rest import RestEye
from scripts.faults import invariants
from scripts.faults.base import Run
from scripts.faults.proxy import Proxy
from scripts.faults.receivers import API_KEY, RestReceiver
from scripts.faults.sink_kills import kills
from scripts.faults.sink_play import (
    begin,
    finish,
    receiver,
    wait_for_trouble,
    wait_until_delivered,
    wait_until_nothing_is_pending,
)
from scripts.faults.world import World

GRANTS = 300
EVENTS = 3 * GRANTS
A_BIT = 100
"""Events that have arrived when it is in the middle of it."""

REFUSED = 20


def fresh(world: World) -> None:
    world.fresh("rest")
    world.events(grants=GRANTS, each=3)


def counted(world: World) -> dict[str, int]:
    finish(world)
    return {"events": EVENTS, **invariants.settled(world)}


def receiver_killed(world: World) -> dict[str, int]:
    """In the middle of a batch; it comes back with what it has written down."""
    fresh(world)
    eye = receiver(world, RestReceiver).eye
    begin(world, "rest", forever=True)
    wait_until_delivered(world, "rest", A_BIT)
    eye.kill()
    wait_for_trouble(world, "rest")
    eye.start()
    wait_until_nothing_is_pending(world)
    return counted(world)


def answers_lost(world: World) -> dict[str, int]:
    """They were taken, and nobody heard of it before the time-out."""
    fresh(world)
    with Proxy(receiver(world, RestReceiver).eye.url.removeprefix("http://")) as proxy:
        world_of_proxy = {"FASTTRACK_REST_URL": f"http://{proxy.address}"}
        begin(world, "rest", env=world_of_proxy, forever=True)
        wait_until_delivered(world, "rest", A_BIT)
        proxy.stall_answers()
        wait_for_trouble(world, "rest")
        proxy.cut()
        proxy.resume()
        wait_until_nothing_is_pending(world)
    return counted(world)


def answers_with_trouble(world: World, *, status: int) -> dict[str, int]:
    """For a while every request meets this status."""
    fresh(world)
    asked: list[str] = []

    def answer(seen: Seen) -> int:
        asked.append(seen.event_id)
        return status if len(asked) <= REFUSED else 200

    world.receivers["rest"].close()
    world.receivers["rest"] = Answering(RestEye(answer))
    finish(world)
    return counted(world)


class Answering:
    """A receiver that answers as it is told, in this process."""

    def __init__(self, eye: RestEye) -> None:
        self.eye = eye

    def read(self) -> list[Seen]:
        return self.eye.read()

    def environment(self) -> Mapping[str, str]:
        return {"FASTTRACK_REST_URL": self.eye.url, "FASTTRACK_REST_API_KEY": API_KEY}

    def close(self) -> None:
        self.eye.close()


def server_errors(world: World) -> dict[str, int]:
    return answers_with_trouble(world, status=503)


def too_many_requests(world: World) -> dict[str, int]:
    return answers_with_trouble(world, status=429)


RUNS = [
    *kills("rest"),
    Run("rest: the receiver is killed in the middle of a batch", receiver_killed),
    Run("rest: answers are lost", answers_lost),
    Run("rest: the receiver answers 503 for a while", server_errors),
    Run("rest: the receiver answers 429 for a while", too_many_requests, is_bounded=False),
]
