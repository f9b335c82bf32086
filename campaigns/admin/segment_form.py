from typing import Any, ClassVar

from django import forms

from bonuses.admin.service_form import ServiceForm
from bonuses.admin.template_fields import Lines
from campaigns.admin.rules.field import JSON, RulesField
from campaigns.admin.seen import SeenField, stamp
from campaigns.models import Segment
from campaigns.models.segment import SegmentKind

MOST_TYPED = 10_000
LONGER = "Longer lists go in by `manage.py import_segment`."
ERRORS_SHOWN = 20
JSON_HELP = (
    'A rule, or several within all, any or not: {"all": [{"field": "country", "op": "in", "value": ["SE", "FI"]}, …]}. '
    "Fields are the player's columns and attributes such as attributes.vip; ops are eq, ne, in, nin, gt, gte, lt, lte, "
    'contains and exists. <a href="?">Rows instead</a>'
)


class SegmentForm(ServiceForm):
    as_json: ClassVar[bool] = False
    """Whether the rules are to be written as JSON; set on a subclass made for one request."""

    rules = RulesField(required=False, help_text="Who is in it, asked anew whenever the segment is used.")
    external_ids = Lines(
        required=False, label="External ids", help_text=f"One a line, {MOST_TYPED:,} at most. {LONGER}"
    )
    seen = SeenField()

    class Meta:
        model = Segment
        fields = ("name", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        if self.as_json and "rules" in self.fields:
            self.fields["rules"].widget = forms.Textarea(attrs=JSON)
            self.fields["rules"].help_text = JSON_HELP
        if not self.is_new:
            self.initial["seen"] = stamp(self.instance)
            self.fields[
                "external_ids"
            ].help_text = f"Replaces the whole list. Empty: it stays as it is. {self.fields['external_ids'].help_text}"

    def clean_external_ids(self) -> list[str]:
        ids: list[str] = self.cleaned_data["external_ids"]
        if len(ids) > MOST_TYPED:
            raise forms.ValidationError(f"{len(ids):,} are too many here. {LONGER}")
        return ids

    def clean(self) -> dict[str, Any]:
        cleaned = self._with_refusal() if self.refused else super().clean()
        kind = cleaned.get("kind") if self.is_new else self.instance.kind
        rules, ids = cleaned.get("rules"), cleaned.get("external_ids")
        if kind == SegmentKind.RULES and rules is None and "rules" not in self.errors:
            self.add_error("rules", "Say who is in it.")
        if kind == SegmentKind.RULES and ids:
            self.add_error("external_ids", "A segment has rules or a fixed list. Leave this empty.")
        if kind == SegmentKind.LIST and rules is not None:
            self.add_error("rules", "A fixed list has no rules. Leave this empty.")
        return cleaned

    def _with_refusal(self) -> dict[str, Any]:
        """The service names unknown players by their place; here by what was typed."""
        refused, cleaned = self.refused, self.cleaned_data
        assert refused is not None  # noqa: S101  asked before
        ids = cleaned.get("external_ids") or []
        places = [int(path.partition(".")[2]) for path in refused.details if path.startswith("external_ids.")]
        if not places:
            return super().clean()
        unknown = [f"There is no player “{ids[place]}”." for place in places[:ERRORS_SHOWN] if place < len(ids)]
        self.add_error("external_ids", forms.ValidationError(unknown))
        return cleaned

    def validate_constraints(self) -> None:
        """The service keeps kind and rules together, and the database sees to it."""

    def changes(self) -> dict[str, Any]:
        """As the service takes them; a list that was not typed stays."""
        names = [name for name in ("name", "rules") if name in self.changed_data]
        changes = {name: self.cleaned_data[name] for name in names}
        ids = self.cleaned_data.get("external_ids")
        return {**changes, "external_ids": ids} if ids else changes
