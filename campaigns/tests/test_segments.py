"""Segments are made, changed and removed; what is refused changes nothing."""

import uuid
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from bonuses.tests.factories import PlayerFactory
from campaigns.lifecycle import ENDED, Status
from campaigns.models import Campaign, Segment, SegmentMember
from campaigns.rules import RulesInvalid
from campaigns.segments import players_of
from campaigns.services.change_segment import change_segment
from campaigns.services.create_segment import create_segment
from campaigns.services.errors import SegmentInUse, SegmentInvalid, SegmentNotFound
from campaigns.services.remove_segment import remove_segment
from campaigns.tests.factories import CampaignFactory, SegmentFactory, list_of

pytestmark = pytest.mark.django_db

RULES: dict[str, Any] = {"field": "total_deposited", "op": "gte", "value": 100}


def listed(segment: Segment) -> list[str]:
    return sorted(players_of(segment).values_list("external_id", flat=True))


def rows() -> list[Any]:
    return [sorted(map(repr, model._base_manager.values())) for model in (Segment, SegmentMember)]


def players(*external_ids: str) -> None:
    for external_id in external_ids:
        PlayerFactory(external_id=external_id)


def test_a_segment_of_rules() -> None:
    players("a")
    PlayerFactory(external_id="b", total_deposited=100)
    segment = create_segment(name="Depositors", rules=RULES)
    stored = Segment.objects.get()
    assert (stored.pk, stored.name, stored.kind, stored.rules) == (segment.pk, "Depositors", "rules", RULES)
    assert listed(stored) == ["b"]


def test_a_fixed_list() -> None:
    players("a", "b", "c")
    segment = create_segment(name="Invited", external_ids=["c", "a", "c"])
    stored = Segment.objects.get()
    assert (stored.pk, stored.kind, stored.rules) == (segment.pk, "list", None)
    assert listed(stored) == ["a", "c"]


def test_a_list_may_be_empty() -> None:
    players("a")
    assert listed(create_segment(name="Nobody", external_ids=[])) == []


def test_two_segments_may_have_one_name() -> None:
    assert create_segment(name="A", rules=RULES).pk != create_segment(name="A", rules=RULES).pk


def test_unknown_players_are_named_by_their_place() -> None:
    players("a", "b")
    with pytest.raises(SegmentInvalid) as caught:
        create_segment(name="Invited", external_ids=["a", "A", "b", "x"])
    assert caught.value.details == {
        "external_ids.1": "There is no such player.",
        "external_ids.3": "There is no such player.",
    }
    assert rows() == [[], []]


def test_of_many_unknown_players_the_first_are_named() -> None:
    with pytest.raises(SegmentInvalid) as caught:
        create_segment(name="Invited", external_ids=[f"x-{n}" for n in range(10_000)])
    assert list(caught.value.details) == [f"external_ids.{n}" for n in range(100)]
    assert rows() == [[], []]


@pytest.mark.parametrize("both", [{}, {"rules": RULES, "external_ids": []}])
def test_either_rules_or_a_list(both: dict[str, Any]) -> None:
    with pytest.raises(SegmentInvalid) as caught:
        create_segment(name="A", **both)
    assert list(caught.value.details) == ["rules"]
    assert rows() == [[], []]


def test_bad_rules() -> None:
    with pytest.raises(RulesInvalid) as caught:
        create_segment(name="A", rules={"all": [RULES, {**RULES, "value": "5"}]})
    assert list(caught.value.details) == ["rules.all.1.value"]
    assert rows() == [[], []]


def test_a_long_list_takes_few_statements(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    players(*(f"p-{n}" for n in range(1100)))
    with django_assert_max_num_queries(12):
        segment = create_segment(name="Invited", external_ids=[f"p-{n}" for n in range(1100)])
    assert players_of(segment).count() == 1100


def test_changing_rules_and_name() -> None:
    segment = create_segment(name="A", rules=RULES)
    change_segment(segment_id=segment.pk, changes={"name": "B", "rules": {"not": RULES}})
    stored = Segment.objects.get()
    assert (stored.name, stored.rules) == ("B", {"not": RULES})
    assert stored.updated_at > segment.updated_at
    assert stored.created_at == segment.created_at


def test_a_list_is_replaced_as_a_whole() -> None:
    players("a", "b", "c")
    segment, other = (create_segment(name="A", external_ids=["a", "b"]) for _ in range(2))
    change_segment(segment_id=segment.pk, changes={"external_ids": ["b", "c"]})
    assert listed(segment) == ["b", "c"]
    assert listed(other) == ["a", "b"]


def test_what_is_not_named_stays() -> None:
    players("a")
    segment = create_segment(name="A", external_ids=["a"])
    change_segment(segment_id=segment.pk, changes={"name": "B"})
    assert (Segment.objects.get().name, listed(segment)) == ("B", ["a"])


@pytest.mark.parametrize(
    ("kind", "changes", "path"),
    [
        ("rules", {"name": "B", "external_ids": ["a"]}, "external_ids"),
        ("list", {"name": "B", "rules": RULES}, "rules"),
        ("list", {"name": "B", "external_ids": ["a", "x"]}, "external_ids.1"),
        ("rules", {"name": "B", "rules": None}, "rules"),
        ("rules", {"name": "B", "rules": {"any": []}}, "rules.any"),
    ],
)
def test_refused_change_changes_nothing(kind: str, changes: dict[str, Any], path: str) -> None:
    players("a", "b")
    made: dict[str, Any] = {"rules": RULES} if kind == "rules" else {"external_ids": ["b"]}
    segment = create_segment(name="A", **made)
    before = rows()
    with pytest.raises((SegmentInvalid, RulesInvalid)) as caught:
        change_segment(segment_id=segment.pk, changes=changes)
    assert list(caught.value.details) == [path]
    assert rows() == before


def test_an_unknown_segment() -> None:
    for refused in (lambda pk: change_segment(segment_id=pk, changes={}), lambda pk: remove_segment(segment_id=pk)):
        with pytest.raises(SegmentNotFound):
            refused(uuid.uuid4())


def test_removing_takes_the_list_along() -> None:
    segment, other = list_of([PlayerFactory()]), list_of([PlayerFactory()])
    remove_segment(segment_id=segment.pk)
    assert list(Segment._base_manager.all()) == [other]
    assert [member.segment_id for member in SegmentMember.objects.all()] == [other.pk]


@pytest.mark.parametrize("status", sorted(set(Status) - ENDED))
def test_a_segment_in_use_stays(status: str) -> None:
    segment = list_of([PlayerFactory()])
    frozen = {"revision": CampaignFactory().template.revision}
    CampaignFactory(segment=segment, status="cancelled")
    campaign = CampaignFactory(segment=segment, status=status, **frozen)
    before = rows()
    with pytest.raises(SegmentInUse) as caught:
        remove_segment(segment_id=segment.pk)
    assert caught.value.details == {"campaigns": [str(campaign.pk)]}
    assert rows() == before


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_ended_campaign_still_names_the_segment_it_was_made_from(status: str) -> None:
    segment = list_of([PlayerFactory()])
    frozen = {"revision": CampaignFactory().template.revision}
    campaign = CampaignFactory(segment=segment, status=status, **frozen)
    remove_segment(segment_id=segment.pk)
    assert not Segment.objects.filter(pk=segment.pk).exists()
    assert not SegmentMember.objects.exists()
    assert Campaign.objects.get(pk=campaign.pk).segment == segment
    with pytest.raises(SegmentNotFound):
        remove_segment(segment_id=segment.pk)
    with pytest.raises(SegmentNotFound):
        change_segment(segment_id=segment.pk, changes={"name": "B"})


def test_another_campaigns_segment_does_not_matter() -> None:
    CampaignFactory()
    segment = SegmentFactory()
    remove_segment(segment_id=segment.pk)
    assert not Segment._base_manager.filter(pk=segment.pk).exists()
