"""From measurements to a table. Pure, but for the two files at the end."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
HEAD = (
    "| what | ours | against | it does | ratio | spread | goal |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
)


@dataclass(frozen=True)
class Row:
    """One comparison: what we and what the other did in each round, `unit` after the figure."""

    name: str
    against: str
    unit: str
    ours: Sequence[float]
    other: Sequence[float]
    at_least: float | None = None
    at_most: float | None = None
    more_at_most: float | None = None
    """By how much ours may be above the other, in `unit`."""
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Round by round: what disturbs the machine for a while disturbs both sides of one."""
        return [ours / other for ours, other in zip(self.ours, self.other, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        return min(self.ratios), max(self.ratios)

    @property
    def more(self) -> float:
        """As the ratio, but the difference."""
        return statistics.median(ours - other for ours, other in zip(self.ours, self.other, strict=True))

    @property
    def is_met(self) -> bool | None:
        """None where no goal is set."""
        if self.more_at_most is not None:
            return self.more <= self.more_at_most
        if self.at_least is not None:
            return self.ratio >= self.at_least
        return None if self.at_most is None else self.ratio <= self.at_most

    @property
    def goal(self) -> str:
        if self.is_met is None:
            return ""
        verdict = "met" if self.is_met else "**missed**"
        if self.more_at_most is not None:
            return f"≤ {self.more_at_most:g} {self.unit} more {verdict}"
        sign, bound = ("≤", self.at_most) if self.at_least is None else ("≥", self.at_least)
        return f"{sign} {bound:g}× {verdict}"

    def line(self) -> str:
        low, high = self.spread
        figures = (_figure(statistics.median(self.ours)), _figure(statistics.median(self.other)))
        cells = (
            self.name,
            f"{figures[0]} {self.unit}",
            self.against,
            f"{figures[1]} {self.unit}",
            f"{self.ratio:.2f}×",
            f"{low:.2f}–{high:.2f}",
            self.goal,
        )
        return f"| {' | '.join(cells)} |"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "against": self.against,
            "unit": self.unit,
            "ours": list(self.ours),
            "other": list(self.other),
            "ratio": self.ratio,
            "spread": list(self.spread),
            "goal": self.goal.replace("*", ""),
            "note": self.note,
        }


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(rows: Sequence[Row], *, about: str) -> str:
    notes = [f"- {row.name} ÷ {row.against}: {row.note}" for row in rows if row.note]
    return "\n".join([about, "", *HEAD, *(row.line() for row in rows), *([""] if notes else []), *notes])


def put_between(document: str, block: str) -> str:
    """The document with `block` in place of what stood between the marks. Raises `ValueError` without them."""
    before, _, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"There is no {BEGIN} … {END} to write between.")
    return f"{before}{BEGIN}\n{block}\n{END}{after}"


def write_document(path: Path, block: str) -> None:
    path.write_text(put_between(path.read_text(), block))


def write_json(path: Path, rows: Sequence[Row], *, about: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"about": about, "rows": [row.to_json() for row in rows]}, indent=1) + "\n")
