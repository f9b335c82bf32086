"""A sweep goes on as long as something is due and its time is not up, batch by batch."""

import pytest

from bonuses.lifecycle import Status
from bonuses.models import Grant
from bonuses.services import sweep
from bonuses.services.stop import stop
from bonuses.tests.factories import GrantFactory
from bonuses.tests.issuing import let_expire, make_due, never_sent
from bonuses.tests.platform_reports import current
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH", 2)


def due(adapter: Adapter, count: int) -> list[Grant]:
    grants = [never_sent(adapter) for _ in range(count)]
    for grant in grants:
        make_due(grant)
    return grants


def test_all_that_a_killed_worker_left_behind_in_one_pass(adapter: Adapter, simulator: Remote) -> None:
    grants = due(adapter, 5)
    assert sweep.retry_queued().done == 5
    assert [current(grant).status for grant in grants] == ["active"] * 5
    assert [simulator.credits(grant.pk) for grant in grants] == [1] * 5


def test_what_stays_due_is_tried_once(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    grants, tried = due(adapter, 5), []

    def nothing(grant: Grant, **_: object) -> None:
        tried.append(grant.pk)

    monkeypatch.setattr(sweep, "retry", nothing)
    assert sweep.retry_queued().done == 5
    assert sorted(tried) == sorted(grant.pk for grant in grants)


def test_what_has_changed_since_is_left_out(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    due(adapter, 5)
    tried = []

    def then_nothing_is_due(grant: Grant, **_: object) -> None:
        tried.append(grant.pk)
        Grant.objects.update(next_attempt_at=None)

    monkeypatch.setattr(sweep, "retry", then_nothing_is_due)
    sweep.retry_queued()
    # Those of the batch that was read already, and no more.
    assert len(tried) == 2


def test_not_for_ever(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    due(adapter, 5)
    monkeypatch.setattr(sweep, "MOST", 3)
    assert sweep.retry_queued().done == 3
    assert sweep.retry_queued().done == 2


def test_what_is_held_back_by_a_stop_is_put_off_once(adapter: Adapter, simulator: Remote) -> None:
    grants = due(adapter, 5)
    stop(scope="all", target=None, reason="an incident", by="anna")
    assert sweep.retry_queued().done == 5
    assert sweep.retry_queued().done == 0
    assert [simulator.credits(grant.pk) for grant in grants] == [0] * 5


def test_every_sweep_does(adapter: Adapter) -> None:
    for grant in [GrantFactory(status=Status.ACTIVE) for _ in range(5)]:
        let_expire(grant)
    assert sweep.expire_grants().done == 5
    assert set(Grant.objects.values_list("wish", flat=True)) == {"expired"}
