"""Many at once, each with a connection of its own: the limit holds, and one key makes one grant."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from bonuses.models import Grant, GrantTransition
from bonuses.services import sweep
from bonuses.services.cancel import GrantNotCancellable, cancel
from bonuses.services.claim import claim_credit
from bonuses.services.credit import AdapterUnavailable
from bonuses.services.slots import GrantLimitReached
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, give, make_due, never_sent
from bonuses.tests.platform_reports import TEST_CAUSE, current, life_of, told
from integrations.models import Adapter, OutgoingEvent
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 16


def all_at_once(work: Callable[[], Any], times: int = MANY) -> list[Any]:
    """What each returned, or the exception that it raised."""
    start = threading.Barrier(times)
    results: list[Any] = []

    def run() -> None:
        start.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def kinds(results: list[Any]) -> dict[str, int]:
    return dict(Counter(type(result).__name__ for result in results))


@pytest.mark.parametrize("limit", [1, 3])
def test_the_limit_holds(adapter: Adapter, simulator: Remote, wire: Wire, limit: int) -> None:
    template, player = TemplateFactory(max_grants_per_player=limit), PlayerFactory()
    results = all_at_once(lambda: give(template, player))
    assert kinds(results) == {"Grant": limit, GrantLimitReached.__name__: MANY - limit}
    grants = list(Grant.objects.order_by("slot"))
    assert [(grant.slot, grant.status) for grant in grants] == [(slot, "active") for slot in range(limit)]
    assert [simulator.credits(grant.pk) for grant in grants] == [1] * limit
    assert wire.names == ["grant"] * limit
    assert GrantTransition.objects.count() == 2 * limit
    assert OutgoingEvent.objects.count() == limit


def test_the_slots_of_many_players_are_their_own(adapter: Adapter, simulator: Remote) -> None:
    template = TemplateFactory(max_grants_per_player=1)
    players = [PlayerFactory() for _ in range(MANY)]
    results = all_at_once(lambda: give(template, players.pop()))
    assert kinds(results) == {"Grant": MANY}
    assert simulator.ledger()["double_credits"] == {}


def test_one_key_makes_one_grant(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    """Who comes second is told of the first one's grant: credited, or still under way."""
    template, player = TemplateFactory(max_grants_per_player=None), PlayerFactory()
    results = all_at_once(lambda: give(template, player, request={"request_key": "key-1"}), times=4)
    grant = Grant.objects.get()
    seen = [str(r.pk) if isinstance(r, Grant) else r.details["grant_id"] for r in results]
    assert seen == [str(grant.pk)] * 4
    assert set(kinds(results)) <= {"Grant", AdapterUnavailable.__name__}
    assert (wire.names, simulator.credits(grant.pk)) == (["grant"], 1)
    assert (life_of(grant), told(grant)) == (["queued", "active"], ["0:Created"])


def test_several_sweeps_at_once_call_once(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = never_sent(adapter)
    make_due(grant)
    wire.calls.clear()
    results = all_at_once(sweep.retry_queued, times=8)
    assert kinds(results) == {"Swept": 8}
    assert (wire.names, simulator.credits(grant.pk)) == (["grant"], 1)
    assert (life_of(grant), told(grant)) == (["queued", "active"], ["0:Created"])


def test_one_of_many_gets_the_claim(adapter: Adapter) -> None:
    """Also those who had to wait for the winner's update look at the row as it is then."""
    for _ in range(3):
        grant = current(never_sent(adapter))
        make_due(grant)
        claimed = all_at_once(lambda grant=grant: claim_credit(current(grant)))
        assert sorted(claimed) == [False] * (MANY - 1) + [True]


def test_one_of_many_cancels_calls(adapter: Adapter, simulator: Remote, wire: Wire) -> None:
    grant = give()
    results = all_at_once(lambda: cancel(grant_id=grant.pk, cause=TEST_CAUSE), times=8)
    assert set(kinds(results)) <= {"Grant", AdapterUnavailable.__name__, GrantNotCancellable.__name__}
    assert kinds(results)["Grant"] >= 1
    assert wire.names == ["grant", "cancel"]
    assert (life_of(grant), told(grant)) == (["queued", "active", "cancelled"], ["0:Created", "0:Forfeited"])
