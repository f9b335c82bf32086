"""How far a campaign has come, as a bar. Its parts are shapes with widths, as styles inline are not allowed."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from campaigns.lifecycle import Outcome

IN_ORDER = (Outcome.GRANTED, Outcome.SKIPPED, Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class Part:
    outcome: str
    count: int
    start: str
    width: str
    """Both in percent of the bar."""


@dataclass(frozen=True, slots=True)
class Progress:
    total: int
    done: int
    parts: tuple[Part, ...]

    @property
    def percent(self) -> int:
        """Rounded down: 100 is said of what is through, and of nothing else."""
        return 100 * self.done // self.total if self.total else 100


def progress_of(stats: Mapping[str, int]) -> Progress:
    total, done, parts = sum(stats.values()), 0, []
    for outcome in IN_ORDER:
        count = stats[outcome]
        if count:
            parts.append(Part(outcome.value, count, _percent(done, total), _percent(count, total)))
        done += count
    return Progress(total, done, tuple(parts))


def bar(progress: Progress) -> SafeString:
    return render_to_string("admin/campaigns/progress_bar.html", {"progress": progress})


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.3f}"
