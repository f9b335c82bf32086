"""The players on a fixed list."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice

from bonuses.models import Player
from campaigns.models import Segment, SegmentMember
from campaigns.services.errors import SegmentInvalid

BATCH = 1000
MAX_NAMED = 100
"""Unknown ids that an error names; there may be thousands."""


def add_members(segment: Segment, external_ids: Sequence[str]) -> None:
    """For an empty list, in the caller's transaction. An id that is named twice counts once.

    Raises `SegmentInvalid`, which names each id that no player has by its place.
    """
    known = dict(_players(external_ids))
    unknown = (place for place, external_id in enumerate(external_ids) if external_id not in known)
    faults = {f"external_ids.{place}": "There is no such player." for place in islice(unknown, MAX_NAMED)}
    if faults:
        raise SegmentInvalid("Some of the external_ids are not known.", **faults)
    members = (SegmentMember(segment=segment, player_id=player_id) for player_id in known.values())
    SegmentMember.objects.bulk_create(members, batch_size=BATCH)


def remove_members(segment: Segment) -> None:
    SegmentMember.objects.filter(segment=segment).delete()


def _players(external_ids: Sequence[str]) -> Iterator[tuple[str, uuid.UUID]]:
    """External id and id, in as many statements as the ids need."""
    for start in range(0, len(external_ids), BATCH):
        found = Player.objects.order_by().filter(external_id__in=external_ids[start : start + BATCH])
        yield from found.values_list("external_id", "pk")
