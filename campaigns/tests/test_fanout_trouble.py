"""A platform in trouble, leases that are lost, and what is left to the sweeps."""

import threading
from typing import Any

import pytest

from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.tests.factories import TemplateFactory
from bonuses.tests.issuing import cool_down, make_due, open_breaker
from campaigns.fanout import run, settle
from campaigns.fanout.run import fan_out
from campaigns.fanout.tick import tick
from campaigns.models import Chunk
from campaigns.tests.fanning import (
    ScriptedPlatform,
    carried_out,
    check_counts,
    check_spent,
    current,
    everything_due,
    issued,
    outcomes,
    players,
    told_once,
)
from integrations.models import Adapter
from integrations.platforms import breaker
from integrations.platforms.base import GrantOrder, PlatformTrouble

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks", "_closed_breaker")]

PENDING, GRANTED = ("pending", ""), ("granted", "")


@pytest.fixture
def _closed_breaker() -> Any:
    breaker.local.clear()
    yield
    breaker.local.clear()


def finish_by_sweeps() -> None:
    for _ in range(3):
        everything_due()
        sweep.retry_queued()
        tick()


def test_an_answer_that_is_lost_is_found_out(scripted: type[ScriptedPlatform]) -> None:
    those = players(5)

    def says(order: GrantOrder) -> None:
        if order.player_external_id == those[1].external_id and order.grant_id not in scripted.knows:
            scripted.knows[order.grant_id] = 1
            raise PlatformTrouble("the answer was lost", sent=True)

    scripted.says = staticmethod(says)
    campaign = carried_out()
    assert outcomes(campaign) == [GRANTED, PENDING, GRANTED, GRANTED, GRANTED]
    assert check_counts(campaign)["pending"] == 1
    assert (current(campaign).status, check_spent(campaign)) == ("issuing", 5000)
    asked = len(scripted.asked)
    finish_by_sweeps()
    assert (current(campaign).status, check_counts(campaign)["granted"]) == ("issued", 5)
    # It was asked for, not credited again.
    assert len(scripted.asked) == asked
    told_once(campaign)


def test_while_the_breaker_is_open_nothing_is_promised(scripted: type[ScriptedPlatform]) -> None:
    players(7)
    adapter = Adapter.objects.get()
    open_breaker(adapter)
    campaign = issued()
    assert fan_out(campaign.pk) is False
    assert (Grant.objects.count(), scripted.asked) == (0, [])
    chunk = Chunk.objects.order_by("number")[0]
    assert (chunk.leased_until, chunk.leased_by) == (None, "")
    assert chunk.not_before is not None
    cool_down(adapter)
    everything_due()
    fan_out(campaign.pk)
    finish_by_sweeps()
    assert (current(campaign).status, check_counts(campaign)["granted"]) == ("issued", 7)
    told_once(campaign)


def test_a_breaker_that_opens_ends_the_turn(scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch) -> None:
    players(9)
    monkeypatch.setattr(breaker, "OPENS_AFTER", 1)

    def says(order: GrantOrder) -> None:
        if len(scripted.knows) == 4:
            raise PlatformTrouble("down", sent=True)

    scripted.says = staticmethod(says)
    campaign = issued()
    assert fan_out(campaign.pk) is False
    counts = check_counts(campaign)
    assert (counts["granted"], counts["pending"]) == (4, 5)
    assert current(campaign).status == "issuing"
    assert {grant.claimed_until for grant in Grant.objects.all()} == {None}
    scripted.says = staticmethod(lambda order: None)
    breaker.local.clear()
    everything_due()
    fan_out(campaign.pk)
    finish_by_sweeps()
    assert (current(campaign).status, check_counts(campaign)["granted"]) == ("issued", 9)
    told_once(campaign)


def test_a_lease_that_is_stolen(scripted: type[ScriptedPlatform]) -> None:
    """Its first holder is still calling when another goes on behind him, and writes down what he was told."""
    players(3)
    campaign = issued()
    first, seen = threading.Lock(), list[list[tuple[str, str]]]()

    def says(order: GrantOrder) -> None:
        # The first of the two calls; the other waits for nobody, and has no say in it.
        if first.acquire(blocking=False):
            Chunk.objects.update(leased_until=None)
            fan_out(campaign.pk)
            seen.append(outcomes(campaign))

    scripted.says = staticmethod(says)
    fan_out(campaign.pk)
    assert seen == [[PENDING, PENDING, GRANTED]]
    assert outcomes(campaign) == [GRANTED] * 3
    assert (current(campaign).status, len(scripted.asked)) == ("issued", 3)
    check_counts(campaign)
    told_once(campaign)


def test_who_has_lost_his_lease_promises_nothing_more(
    scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    players(3)
    campaign = issued()
    settled = settle.settle

    def stolen(chunk_id: int) -> int:
        Chunk.objects.update(epoch=99, leased_by="the thief", leased_until="2099-01-01T00:00Z")
        return settled(chunk_id)

    monkeypatch.setattr(run, "settle", stolen)
    fan_out(campaign.pk)
    assert outcomes(campaign) == [GRANTED, GRANTED, PENDING]
    chunk = Chunk.objects.get()
    assert (chunk.epoch, chunk.leased_by) == (99, "the thief")


def test_trouble_of_our_own_leaves_the_chunk_for_later(
    scripted: type[ScriptedPlatform], monkeypatch: pytest.MonkeyPatch
) -> None:
    players(3)
    campaign = issued()

    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patched:
        patched.setattr(run, "next_wave", breaks)
        assert fan_out(campaign.pk) is False
    chunk = Chunk.objects.get()
    assert (chunk.leased_until, chunk.not_before is not None) == (None, True)
    everything_due()
    fan_out(campaign.pk)
    assert current(campaign).status == "issued"


def test_a_grant_that_was_cancelled_before_it_was_credited(scripted: type[ScriptedPlatform]) -> None:
    players(1)

    def says(order: GrantOrder) -> None:
        raise PlatformTrouble("nobody listens", sent=False)

    scripted.says = staticmethod(says)
    campaign = carried_out(template=TemplateFactory(time_limit_hours=1))
    grant = Grant.objects.get()
    assert (grant.status, grant.attempted_at) == ("queued", None)
    Grant.objects.update(expires_at="2020-01-01T00:00Z")
    sweep.expire_grants()
    make_due(grant)
    sweep.retry_queued()
    tick()
    assert outcomes(campaign) == [("skipped", "GRANT_CANCELLED")]
    assert (current(campaign).status, check_spent(campaign)) == ("issued", 0)
    check_counts(campaign)
