"""A grant's status changes through its service only; its history is never rewritten, and neither are its terms."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError, Value
from django.utils import timezone

from bonuses.lifecycle import Status, TransitionRefused
from bonuses.models import Grant, GrantTransition, TermsRevision
from bonuses.models.grant import StatusAssigned
from bonuses.services.transition import Change, GrantChangedMeanwhile, lock_grant
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory
from bonuses.tests.platform_reports import TEST_CAUSE, credited, current, everything, life_of, promised, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant() -> Grant:
    return credited()


def changed(grant: Grant) -> Grant:
    grant.status = Status.COMPLETED
    return grant


@pytest.mark.parametrize(
    "assign",
    [
        lambda grant: Grant.objects.update(status="completed"),
        lambda grant: Grant.objects.filter(pk=grant.pk).update(status="completed", amount=5),
        lambda grant: Grant.objects.filter(pk=grant.pk).update(status=Value("completed")),
        lambda grant: Grant.objects.filter(pk=grant.pk).update(status=F("currency")),
        lambda grant: Grant.objects.locked().live().update(status="completed"),
        lambda grant: grant.player.grants.update(status="completed"),
        lambda grant: grant.template.grants.filter(pk=grant.pk).update(status="completed"),
        lambda grant: Grant.objects.bulk_update([changed(grant)], ["status"]),
        lambda grant: Grant.objects.bulk_update([changed(grant)], ("amount", "status")),
        lambda grant: Grant.objects.bulk_create(
            [changed(grant)], update_conflicts=True, unique_fields=["id"], update_fields=["status"]
        ),
        lambda grant: Grant.objects.update_or_create(pk=grant.pk, defaults={"status": "completed"}),
        lambda grant: changed(grant).save(),
        lambda grant: changed(grant).save(update_fields=["status"]),
        lambda grant: changed(grant).save(update_fields=["amount"]),
        lambda grant: changed(grant).save(force_update=True),
        lambda grant: changed(Grant.objects.only("id").get(pk=grant.pk)).save(),
        lambda grant: changed(Grant.objects.defer("status").get(pk=grant.pk)).save(),
    ],
)
def test_nobody_assigns_a_status(grant: Grant, assign: Callable[[Grant], object]) -> None:
    before = everything()
    with pytest.raises(StatusAssigned), transaction.atomic():
        assign(grant)
    assert everything() == before


def test_everything_else_can_be_saved(grant: Grant) -> None:
    grant.meta = {"a": 1}
    grant.save()
    Grant.objects.filter(pk=grant.pk).update(amount=7)
    grant.refresh_from_db()
    grant.wish_reason = "x"
    grant.save(update_fields=["wish_reason"])
    Grant.objects.bulk_update([grant], ["meta"])
    assert (current(grant).meta, current(grant).amount, current(grant).wish_reason) == ({"a": 1}, 7, "x")


def test_a_row_read_again_may_be_saved(grant: Grant) -> None:
    stale = current(grant)
    with transaction.atomic():
        change = Change(lock_grant(grant.pk), cause=TEST_CAUSE, now=timezone.now())
        change.move(Status.COMPLETED)
        change.save()
    stale.refresh_from_db()
    stale.save()
    assert status_of(grant) == "completed"


def test_a_row_read_in_part_may_be_saved(grant: Grant) -> None:
    part = Grant.objects.only("id", "meta").get(pk=grant.pk)
    part.meta = {"a": 1}
    part.save(update_fields=["meta"])
    assert current(grant).meta == {"a": 1}


def test_rows_made_in_bulk_may_be_saved_and_changed() -> None:
    template = promised().template
    made = [GrantFactory.build(template=template, revision=template.revision, player=PlayerFactory()) for _ in range(2)]
    for grant in made:
        grant.adapter = AdapterFactory()
    Grant.objects.bulk_create(made)
    made[0].meta = {"a": 1}
    made[0].save()
    change = Change(made[1], cause=TEST_CAUSE, now=timezone.now())
    change.move(Status.LOST)
    with transaction.atomic():
        change.save()
    assert (current(made[0]).meta, status_of(made[1])) == ({"a": 1}, "lost")


def test_a_stale_copy_does_not_bring_an_old_status_back(grant: Grant) -> None:
    stale = current(grant)
    with transaction.atomic():
        change = Change(lock_grant(grant.pk), cause=TEST_CAUSE, now=timezone.now())
        change.move(Status.COMPLETED)
        change.save()
    change = Change(stale, cause=TEST_CAUSE, now=timezone.now())
    change.move(Status.LOST)
    before = everything()
    with pytest.raises(GrantChangedMeanwhile), transaction.atomic():
        change.save()
    assert everything() == before


@pytest.mark.parametrize("to", [Status.QUEUED, Status.PENDING, Status.ACTIVE, Status.FAILED, Status.REVERSED])
def test_a_change_that_the_table_does_not_allow_is_refused(grant: Grant, to: Status) -> None:
    before = everything()
    with transaction.atomic():
        change = Change(lock_grant(grant.pk), cause=TEST_CAUSE, now=timezone.now())
        with pytest.raises(TransitionRefused):
            change.move(to)
        assert change.grant.state is Status.ACTIVE
        change.save()
    assert everything() == before


def test_what_was_never_credited_is_not_reversed() -> None:
    grant = GrantFactory(status=Status.CANCELLED)
    change = Change(grant, cause=TEST_CAUSE, now=timezone.now())
    with pytest.raises(TransitionRefused):
        change.move(Status.REVERSED)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda step: GrantTransition.objects.update(reason="x"),
        lambda step: GrantTransition.objects.filter(pk=step.pk).update(to_status="lost"),
        lambda step: GrantTransition.objects.bulk_update([step], ["reason"]),
        lambda step: GrantTransition.objects.filter(pk=step.pk).delete(),
        lambda step: step.grant.transitions.all().delete(),
        lambda step: step.delete(),
        lambda step: step.save(),
        lambda step: step.save(update_fields=["reason"]),
    ],
)
def test_the_history_is_append_only(grant: Grant, rewrite: Callable[[GrantTransition], object]) -> None:
    before = everything()
    with pytest.raises(TypeError, match="append-only"), transaction.atomic():
        rewrite(grant.transitions.last())
    assert everything() == before


def test_a_grant_with_a_history_can_not_be_deleted(grant: Grant) -> None:
    with pytest.raises(ProtectedError):
        grant.delete()
    assert life_of(grant) == ["queued", "active"]


def test_no_number_is_given_twice(grant: Grant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        GrantTransition.objects.create(grant=grant, seq=2, to_status="lost", at=timezone.now(), cause="api")


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda revision: revision.save(),
        lambda revision: revision.save(update_fields=["terms"]),
        lambda revision: TermsRevision.objects.filter(pk=revision.pk).update(terms={}),
        lambda revision: revision.template.revisions.update(terms={}),
        lambda revision: TermsRevision.objects.bulk_update([revision], ["terms"]),
    ],
)
def test_a_revision_of_the_terms_is_immutable(grant: Grant, rewrite: Callable[[TermsRevision], object]) -> None:
    before = list(TermsRevision.objects.values())
    with pytest.raises(TypeError, match="immutable"), transaction.atomic():
        rewrite(grant.revision)
    assert list(TermsRevision.objects.values()) == before


def test_a_revision_that_a_grant_was_made_under_can_not_be_deleted(grant: Grant) -> None:
    with pytest.raises(ProtectedError):
        grant.revision.delete()


def test_the_database_itself_refuses_a_live_grant_without_a_slot() -> None:
    grant = promised()
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).update(slot=None)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.constraint_checks_disabled():
        Grant.objects.filter(pk=grant.pk).update(amount=-1)
    assert current(grant).slot == 0
