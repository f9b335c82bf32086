"""Two people at one row: who comes second is told, and nothing is overwritten that he has not seen."""

from django import forms

from campaigns.models import Campaign, Segment
from integrations.errors import DomainError


class ChangedMeanwhile(DomainError):
    code = "CHANGED_MEANWHILE"


class SeenField(forms.CharField):
    """When the row was last changed, as of the page that was sent back."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, label="")


def stamp(row: Campaign | Segment) -> str:
    return row.updated_at.isoformat()


def check_seen(row: Campaign | Segment, seen: str) -> None:
    """`row` is locked. Raises `ChangedMeanwhile`."""
    if seen == stamp(row):
        return
    state = f" It is {row.status} now." if isinstance(row, Campaign) else ""
    raise ChangedMeanwhile(f"This was changed after you had opened the page.{state} Look at it again first.")
