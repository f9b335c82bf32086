"""Rows for tests. Each is valid on its own; name only the fields the test is about.

Calling a factory gives a row, which its annotations do not say; so the public names are of any type.
"""

# mypy: disable-error-code="no-untyped-call"

from collections.abc import Iterable
from typing import Any

from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from bonuses.models import Player
from bonuses.tests.factories import TemplateFactory
from campaigns.models import Campaign, Segment, SegmentMember
from campaigns.models.segment import SegmentKind


class _SegmentFactory(DjangoModelFactory[Segment]):
    """Rules that every player meets; `SegmentFactory(kind="list", rules=None)` is an empty list."""

    class Meta:
        model = Segment

    name = Sequence(lambda n: f"Segment {n}")
    kind = SegmentKind.RULES
    rules = {"field": "total_deposited", "op": "gte", "value": 0}  # noqa: RUF012  a declaration of the factory


SegmentFactory: Any = _SegmentFactory


class _CampaignFactory(DjangoModelFactory[Campaign]):
    """A draft, of €10 for every player."""

    class Meta:
        model = Campaign

    name = Sequence(lambda n: f"Campaign {n}")
    segment = SubFactory(SegmentFactory)
    template = SubFactory(TemplateFactory)


CampaignFactory: Any = _CampaignFactory


def list_of(players: Iterable[Player]) -> Segment:
    """A fixed list of these players."""
    segment: Segment = SegmentFactory(kind=SegmentKind.LIST, rules=None)
    SegmentMember.objects.bulk_create([SegmentMember(segment=segment, player=player) for player in players])
    return segment
