"""A fixed list from a CSV file: made, extended, replaced, or as it was."""

import uuid
from io import BytesIO
from typing import Any

import pytest

from bonuses.tests.factories import PlayerFactory
from campaigns.models import Segment, SegmentMember
from campaigns.services.errors import SegmentInvalid, SegmentNotFound
from campaigns.services.import_members import ListRefused, MembersTally, import_members, survey_members
from integrations.csv_files import BadLine, FileInvalid

pytestmark = pytest.mark.django_db


def load(text: str, **options: Any) -> tuple[Segment, MembersTally]:
    tally = MembersTally()
    return import_members(stream=BytesIO(text.encode()), tally=tally, **options), tally


def on_list(segment: Segment) -> list[str]:
    members = SegmentMember.objects.filter(segment=segment).order_by("player__external_id")
    return list(members.values_list("player__external_id", flat=True))


def list_of(*names: str) -> Segment:
    segment = Segment.objects.create(name="VIPs", kind="list")
    for name in names:
        SegmentMember.objects.create(segment=segment, player=PlayerFactory(external_id=name))
    return segment


def test_makes_a_list_of_those_it_knows() -> None:
    for name in ("a", "b", "c"):
        PlayerFactory(external_id=name)

    segment, tally = load("external_id\nb\nnobody\n a \nb\n\n" + "x" * 201 + "\n", name="VIPs")

    assert (segment.name, segment.kind, segment.rules) == ("VIPs", "list", None)
    assert on_list(segment) == ["a", "b"]
    assert (tally.players, tally.repeated, tally.already, tally.added, tally.removed) == (2, 1, 0, 2, 0)
    assert tally.bad.first == [
        BadLine(7, "external_id", "Must have 1 to 200 characters."),
        BadLine(3, "external_id", "There is no such player."),
    ]


def test_extends() -> None:
    segment = list_of("a", "b")
    PlayerFactory(external_id="c")

    _, tally = load("note;external_id\nhello;c\n;a\n", segment_id=segment.pk)

    assert on_list(segment) == ["a", "b", "c"]
    assert (tally.players, tally.already, tally.added, tally.removed) == (2, 1, 1, 0)
    assert Segment.objects.get().updated_at > segment.updated_at


def test_replaces_and_leaves_other_lists() -> None:
    segment, other = list_of("a", "b"), list_of("c")

    _, tally = load("external_id\nc\na\n", segment_id=segment.pk, replace=True)

    assert (on_list(segment), on_list(other)) == (["a", "c"], ["c"])
    assert (tally.players, tally.already, tally.added, tally.removed) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "options", "error"),
    [
        ("external_id\na\nnobody\n", {"strict": True}, ListRefused),
        ("external_id\nnobody\n", {}, ListRefused),
        ("external_id\n", {}, ListRefused),
        ("player\na\n", {}, FileInvalid),
        ("", {}, FileInvalid),
    ],
)
def test_refused_file_changes_nothing(text: str, options: dict[str, Any], error: type[Exception]) -> None:
    segment = list_of("a", "b")

    with pytest.raises(error):
        load(text, segment_id=segment.pk, replace=True, **options)
    with pytest.raises(error):
        load(text, name="new", **options)

    assert on_list(segment) == ["a", "b"]
    assert Segment.objects.get().updated_at == segment.updated_at


def test_needs_a_fixed_list() -> None:
    rules = {"field": "currency", "op": "eq", "value": "EUR"}
    segment = Segment.objects.create(name="Euros", kind="rules", rules=rules)
    PlayerFactory(external_id="a")

    with pytest.raises(SegmentInvalid):
        load("external_id\na\n", segment_id=segment.pk)
    with pytest.raises(SegmentNotFound):
        load("external_id\na\n", segment_id=uuid.uuid4())

    assert SegmentMember.objects.count() == 0


def test_survey_tells_and_writes_nothing() -> None:
    segment = list_of("a", "b")
    PlayerFactory(external_id="c")
    tally = MembersTally()

    survey_members(stream=BytesIO(b"external_id\na\nc\nc\nnobody\n"), tally=tally, segment_id=segment.pk)

    assert (tally.players, tally.repeated, tally.already, tally.bad.count) == (2, 1, 1, 1)
    assert on_list(segment) == ["a", "b"]


def test_interrupted_leaves_the_list_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    segment = list_of("a", "b")
    PlayerFactory(external_id="c")
    monkeypatch.setattr("integrations.staging.BATCH", 1)

    def interrupt(step: str, done: int, of: int | None) -> None:
        if (step, done) == ("writing", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load("external_id\na\nc\n", segment_id=segment.pk, replace=True, progress=interrupt)

    assert on_list(segment) == ["a", "b"]
