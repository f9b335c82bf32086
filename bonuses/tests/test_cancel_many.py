"""Many grants are cancelled in the background, each once, whoever stops, dies or gets in the way."""

import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bonuses.lifecycle import ENDED, LIVE
from bonuses.models import CancelItem, CancelJob, Grant, GrantTransition
from bonuses.services import cancel_many
from bonuses.services.cancel_many import JobNotStartable, NothingToCancel, TooMany, carry_on, freeze, start, stop, tally
from bonuses.tests import doomed
from bonuses.tests.factories import AdapterFactory, GrantFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.issuing import give
from bonuses.tests.platform_reports import TEST_CAUSE, life_of
from integrations.models import Adapter
from integrations.platforms.base import PlatformRefused, PlatformTrouble
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db


@pytest.fixture
def live(platform: type[FakePlatform]) -> list[Grant]:
    """Three that the platform holds."""
    adapter = AdapterFactory(kind=KIND)
    return [GrantFactory(adapter=adapter) for _ in range(3)]


def frozen() -> CancelJob:
    return freeze(grants=Grant.objects.all(), selection="all", by="olga")


def started() -> CancelJob:
    job = frozen()
    start(job_id=job.pk, reason="a leak", by="olga")
    return job


def outcomes(job: CancelJob) -> list[str]:
    return list(CancelItem.objects.filter(job=job).order_by("id").values_list("outcome", flat=True))


def counts(job: CancelJob) -> dict[str, int]:
    return {outcome: count for outcome, count in tally(job).items() if count}


def status_of(job: CancelJob) -> str:
    return str(CancelJob.objects.values_list("status", flat=True).get(pk=job.pk))


def let_claims_run_out() -> None:
    CancelItem.objects.exclude(claimed_until=None).update(claimed_until=timezone.now() - timedelta(seconds=1))


def test_what_is_live_is_written_down_in_one_statement_and_left_alone(platform: type[FakePlatform]) -> None:
    made = [GrantFactory(status=status) for status in sorted(LIVE | ENDED)]
    with CaptureQueriesContext(connection) as queries:
        job = frozen()
    GrantFactory()

    inserts = [query["sql"] for query in queries if f'INTO "{CancelItem._meta.db_table}"' in query["sql"]]
    assert len(inserts) == 1
    assert (job.status, job.total, job.selection, job.created_by) == ("draft", 4, "all", "olga")
    expected = sorted(grant.pk for grant in made if grant.status in LIVE)
    assert list(CancelItem.objects.filter(job=job).order_by("id").values_list("grant_id", flat=True)) == expected
    assert not Grant.objects.exclude(wish="").exists()
    assert carry_on() == 0
    assert counts(job) == {"": 4}


def test_too_many_are_refused_and_nothing_is_kept(live: list[Grant], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancel_many, "MOST", 2)
    with pytest.raises(TooMany):
        frozen()
    assert not CancelJob.objects.exists()
    assert not CancelItem.objects.exists()


def test_as_many_as_are_allowed(live: list[Grant], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancel_many, "MOST", 3)
    assert frozen().total == 3


@pytest.mark.parametrize("grants", [Grant.objects.none(), Grant.objects.filter(pk__in=[]), Grant.objects.all()])
def test_where_nothing_is_live_nothing_is_kept(db: None, grants: Any) -> None:
    GrantFactory(status="completed")
    with pytest.raises(NothingToCancel):
        freeze(grants=grants.all(), selection="none", by="olga")
    assert not CancelJob.objects.exists()


def test_selections_that_nobody_began_are_thrown_away_in_time(live: list[Grant]) -> None:
    old, running, fresh = frozen(), started(), frozen()
    long_ago = timezone.now() - cancel_many.DRAFT_FOR
    CancelJob.objects.filter(pk__in=[old.pk, running.pk]).update(created_at=long_ago)
    newest = frozen()
    assert set(CancelJob.objects.values_list("pk", flat=True)) == {running.pk, fresh.pk, newest.pk}
    assert CancelItem.objects.count() == 9


def test_it_is_started_once(live: list[Grant]) -> None:
    job = started()
    with pytest.raises(JobNotStartable):
        start(job_id=job.pk, reason="another", by="otto")
    job.refresh_from_db()
    assert (job.status, job.reason, job.started_by) == ("running", "a leak", "olga")


def test_a_selection_that_is_too_old_is_not_started(live: list[Grant], platform: type[FakePlatform]) -> None:
    job = frozen()
    CancelJob.objects.filter(pk=job.pk).update(created_at=timezone.now() - cancel_many.DRAFT_FOR)
    with pytest.raises(JobNotStartable):
        start(job_id=job.pk, reason="a leak", by="olga")
    assert (status_of(job), carry_on(), platform.asked) == ("draft", 0, [])


def test_each_is_cancelled_once_by_whoever_began_it(live: list[Grant], platform: type[FakePlatform]) -> None:
    job = started()
    assert (carry_on(), counts(job), status_of(job)) == (3, {"cancelled": 3}, "done")
    assert carry_on() == 0
    assert sorted(order.grant_id for order in platform.asked) == sorted(grant.pk for grant in live)
    steps = GrantTransition.objects.filter(to_status="cancelled").values_list("cause", "actor", "reason")
    assert list(steps) == [("admin", "olga", "a leak")] * 3
    assert not Grant.objects.live().exists()


def test_two_jobs_take_turns(live: list[Grant], platform: type[FakePlatform], monkeypatch: pytest.MonkeyPatch) -> None:
    """A long one does not hold up the other: the second is through before the first has done half."""
    monkeypatch.setattr(cancel_many, "BATCH", 1)
    first = started()
    adapter = live[0].adapter
    alone = GrantFactory(adapter=adapter)
    second = freeze(grants=Grant.objects.filter(pk=alone.pk), selection="one", by="olga")
    start(job_id=second.pk, reason="a leak", by="olga")
    assert carry_on() == 4
    assert (counts(first), counts(second)) == ({"cancelled": 3}, {"cancelled": 1})
    assert [order.grant_id for order in platform.asked].index(alone.pk) == 1


@pytest.mark.parametrize(
    ("error", "outcome", "detail"),
    [
        (PlatformTrouble("time-out", sent=True), "waiting", ""),
        (PlatformRefused("NO", "paid out"), "refused", "NO: paid out. The wish is kept and tried again."),
    ],
)
def test_a_platform_that_does_not_play_along(
    live: list[Grant], platform: type[FakePlatform], error: Exception, outcome: str, detail: str
) -> None:
    job = started()
    platform.fails(error)
    carry_on()
    found = CancelItem.objects.filter(job=job).values_list("outcome", "detail")
    assert list(found) == [(outcome, detail)] * 3
    assert status_of(job) == "done"
    assert set(Grant.objects.values_list("status", "wish")) == {("active", "cancelled")}


def test_what_has_ended_meanwhile(live: list[Grant], platform: type[FakePlatform]) -> None:
    job = started()
    cancel_many.cancel(grant_id=live[0].pk, cause=TEST_CAUSE, reason="by hand")
    carry_on()
    assert counts(job) == {"cancelled": 2, "ended": 1}
    item = CancelItem.objects.get(job=job, outcome="ended")
    assert (item.grant_id, item.detail) == (live[0].pk, "It was cancelled.")
    assert len(platform.asked) == 3


def test_a_platform_that_can_not_take_back(live: list[Grant], platform: type[FakePlatform]) -> None:
    Adapter.objects.update(capabilities=["issue"])
    job = started()
    carry_on()
    assert (counts(job), platform.asked) == ({"refused": 3}, [])
    assert "lacks the capability 'cancel'" in CancelItem.objects.filter(job=job)[0].detail


def test_a_stop_leaves_those_that_were_not_begun(live: list[Grant], platform: type[FakePlatform]) -> None:
    job = started()
    platform.cancel_answer = staticmethod(lambda: stop(job_id=job.pk, by="otto"))
    assert carry_on() == 1
    job.refresh_from_db()
    assert (job.status, job.stopped_by, counts(job)) == ("stopped", "otto", {"cancelled": 1, "": 2})
    assert (carry_on(), len(platform.asked)) == (0, 1)
    assert not stop(job_id=job.pk, by="olga")
    job.refresh_from_db()
    assert job.stopped_by == "otto"


def test_two_workers_do_not_do_the_same(live: list[Grant], platform: type[FakePlatform]) -> None:
    """The second comes while the first waits for the platform."""
    job = started()
    turns = iter([carry_on])
    platform.cancel_answer = staticmethod(lambda: [turn() for turn in turns] and None)
    carry_on()
    assert (counts(job), status_of(job)) == ({"cancelled": 3}, "done")
    assert len({order.grant_id for order in platform.asked}) == len(platform.asked) == 3


def test_who_was_held_up_writes_nothing_any_more(live: list[Grant], platform: type[FakePlatform]) -> None:
    """His claim runs out while the platform takes its time; another has tried, and can't be sure."""
    job = started()

    def overtake() -> None:
        platform.reset()
        let_claims_run_out()
        carry_on()

    platform.cancel_answer = staticmethod(overtake)
    carry_on()
    assert status_of(job) == "done"
    assert sorted(outcomes(job)) == ["cancelled", "cancelled", "waiting"]
    assert Grant.objects.filter(status="cancelled").count() == 3
    assert GrantTransition.objects.filter(to_status="cancelled").count() == 3


def test_an_error_of_ours_is_tried_again_and_in_the_end_told(
    live: list[Grant], monkeypatch: pytest.MonkeyPatch
) -> None:
    job, really = started(), cancel_many.cancel

    def breaks(**given: Any) -> Grant:
        if given["grant_id"] == live[0].pk:
            raise RuntimeError("of ours")
        return really(**given)

    monkeypatch.setattr(cancel_many, "cancel", breaks)
    for _ in range(cancel_many.TRIES - 1):
        carry_on()
        assert (counts(job), status_of(job)) == ({"cancelled": 2, "": 1}, "running")
        # Its claim stands: nobody comes back to it at once.
        assert carry_on() == 0
        let_claims_run_out()
    assert carry_on() == 1
    assert (counts(job), status_of(job)) == ({"cancelled": 2, "broken": 1}, "done")
    assert CancelItem.objects.get(job=job, outcome="broken").detail == "RuntimeError"


def test_a_worker_yields_when_its_time_is_up(live: list[Grant], monkeypatch: pytest.MonkeyPatch) -> None:
    job = started()
    monkeypatch.setattr(cancel_many, "TIME_BOX", -1.0)
    assert (carry_on(), counts(job), status_of(job)) == (0, {"": 3}, "running")


@pytest.mark.django_db(transaction=True)
def test_killed_between_a_grant_and_its_outcome(adapter: Adapter, simulator: Remote, database_url: str) -> None:
    grants = [give(), give()]
    job = started()
    assert doomed.run(database_url, "cancel_all", failpoint="cancel_many.cancelled") == -signal.SIGKILL
    assert counts(job) == {"": 2}
    assert Grant.objects.filter(status="cancelled").count() == 1

    assert carry_on() == 1
    assert (counts(job), status_of(job)) == ({"cancelled": 1, "": 1}, "running")
    let_claims_run_out()
    assert carry_on() == 1
    assert (counts(job), status_of(job)) == ({"cancelled": 2}, "done")
    assert [life_of(grant) for grant in grants] == [["queued", "active", "cancelled"]] * 2
