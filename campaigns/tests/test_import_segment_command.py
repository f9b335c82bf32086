from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bonuses.tests.factories import PlayerFactory
from campaigns.models import Segment
from campaigns.tests.test_import_members import list_of, on_list

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text("external_id\nc\nc\nnobody\n")
    PlayerFactory(external_id="c")
    return path


def imported(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_segment", *map(str, arguments), stdout=out, stderr=err, no_color=True)
    return out.getvalue().splitlines()[-1], err.getvalue()


def test_makes_a_list(file: Path) -> None:
    said, errors = imported("--name", "VIPs", file)
    segment = Segment.objects.get()
    told = "1 players added, 0 there already, 0 removed; 1 repeated and 1 bad lines."
    assert (said, errors) == (f"Segment {segment.pk}: {told}", "line 4, external_id: There is no such player.\n")
    assert (segment.name, on_list(segment)) == ("VIPs", ["c"])


@pytest.mark.parametrize(("option", "left"), [((), ["a", "c"]), (("--replace",), ["c"])])
def test_extends_or_replaces_a_list(file: Path, option: tuple[str, ...], left: list[str]) -> None:
    segment = list_of("a")
    imported("--segment", segment.pk, file, *option)
    assert on_list(segment) == left


def test_strict_leaves_the_list(file: Path, tmp_path: Path) -> None:
    segment, report = list_of("a"), tmp_path / "report.csv"
    with pytest.raises(CommandError, match=r"1 bad lines\. The list is as it was\."):
        imported("--segment", segment.pk, file, "--strict", "--report", report)
    assert report.read_text() == "line,field,reason\n4,external_id,There is no such player.\n"
    assert on_list(segment) == ["a"]


@pytest.mark.parametrize("arguments", [(), ("--name", " "), ("--segment", "7"), ("--name", "x", "--segment", "7")])
def test_needs_a_name_or_a_segment(file: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        imported(file, *arguments)
    assert Segment.objects.count() == 0
