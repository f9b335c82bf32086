import json
from pathlib import Path

import pytest

from scripts.bench.report import BEGIN, END, Row, put_between, table, write_document, write_json


def row(**changes: object) -> Row:
    given = {
        "name": "apply a webhook",
        "against": "pgbench",
        "unit": "/s",
        "ours": [500.0, 650.0, 600.0],
        "other": [2000.0, 3000.0, 4000.0],
    }
    return Row(**(given | changes))


def test_the_ratio_is_the_median_of_the_rounds_ratios() -> None:
    measured = row()
    assert measured.ratios == pytest.approx([0.25, 0.216667, 0.15], abs=1e-6)
    assert measured.ratio == pytest.approx(0.216667, abs=1e-6)
    assert measured.spread == (0.15, 0.25)


@pytest.mark.parametrize(
    ("bounds", "is_met", "goal"),
    [
        ({}, None, ""),
        ({"at_least": 0.2}, True, "≥ 0.2× met"),
        ({"at_least": 0.22}, False, "≥ 0.22× **missed**"),
        ({"at_most": 1.2}, True, "≤ 1.2× met"),
        ({"at_most": 0.2}, False, "≤ 0.2× **missed**"),
        ({"more_at_most": -2350}, True, "≤ -2350 /s more met"),
        ({"more_at_most": -2351}, False, "≤ -2351 /s more **missed**"),
    ],
)
def test_a_goal_is_met_or_missed_by_the_ratio(bounds: dict[str, float], is_met: bool | None, goal: str) -> None:
    measured = row(**bounds)
    assert (measured.is_met, measured.goal) == (is_met, goal)


def test_a_line_shows_medians_ratio_spread_and_goal() -> None:
    assert row(at_least=0.15).line() == (
        "| apply a webhook | 600 /s | pgbench | 3,000 /s | 0.22× | 0.15–0.25 | ≥ 0.15× met |"
    )
    assert row(unit="ms", ours=[3.14159], other=[2.5]).line() == (
        "| apply a webhook | 3.14 ms | pgbench | 2.5 ms | 1.26× | 1.26–1.26 |  |"
    )


def test_rounds_that_have_no_partner_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        _ = row(other=[1.0]).ratio


def test_the_table_ends_with_the_notes() -> None:
    shown = table([row(), row(name="list", note="no goal")], about="two cores").split("\n")
    assert shown[0] == "two cores"
    assert shown[2].startswith("| what |")
    assert shown[4].startswith("| apply a webhook |")
    assert shown[5].startswith("| list |")
    assert shown[6:] == ["", "- list ÷ pgbench: no goal"]


def test_the_table_takes_the_place_of_the_last_one_and_touches_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"# Before\n{BEGIN}\nold\n{END}\nafter\n")
    write_document(document, "new")
    assert document.read_text() == f"# Before\n{BEGIN}\nnew\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", f"{BEGIN} only", f"{END} only"])
def test_a_document_without_both_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="There is no"):
        put_between(text, "new")


def test_the_file_for_programs_holds_every_round(tmp_path: Path) -> None:
    path = tmp_path / "bench" / "results.json"
    write_json(path, [row(at_least=0.22)], about="two cores")
    written = json.loads(path.read_text())
    assert written["about"] == "two cores"
    assert written["rows"][0] | {"ratio": 0, "spread": []} == {
        "name": "apply a webhook",
        "against": "pgbench",
        "unit": "/s",
        "ours": [500, 650, 600],
        "other": [2000, 3000, 4000],
        "ratio": 0,
        "spread": [],
        "goal": "≥ 0.22× missed",
        "note": "",
    }
