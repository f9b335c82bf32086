from typing import Any

from django import forms
from django.conf import settings

from bonuses.admin.service_form import ServiceForm
from bonuses.admin.template_fields import MinorUnits
from bonuses.models import BonusTemplate
from bonuses.models.template import TemplateStatus
from bonuses.money import MAX_MINOR, display
from campaigns.admin.seen import SeenField, stamp
from campaigns.models import Campaign
from campaigns.services.campaign_fields import FIELDS as SERVICE_FIELDS
from campaigns.services.campaign_fields import MOST_HELD_OUT
from integrations import currencies

FIELDS = tuple(name.removesuffix("_id") for name in SERVICE_FIELDS)
ROWS = frozenset({"segment", "template"})
FIELD_OF = {
    "BONUS_DEPOSIT_AMOUNT_REQUIRED": "deposit_amount",
    "SEGMENT_NOT_FOUND": "segment",
    "BONUS_TEMPLATE_NOT_FOUND": "template",
    # The only field that there is while it is paused.
    "CAMPAIGN_NOT_EDITABLE": "budget_amount",
}
"""Where the form shows what the services refuse without naming a field."""


class CampaignForm(ServiceForm):
    deposit_amount = MinorUnits(label="Deposit", min_value=1, max_value=MAX_MINOR)
    currency_override = forms.CharField(
        required=False,
        max_length=10,
        label="Currency",
        help_text="Empty gives the bonus in the template's own currency.",
    )
    budget_amount = MinorUnits(label="Budget", min_value=1, max_value=MAX_MINOR)
    holdout_percent = forms.IntegerField(
        initial=0,
        min_value=0,
        max_value=MOST_HELD_OUT,
        label="Held out, in percent",
        help_text="Players of the segment who get nothing, so that the others can be compared with them.",
    )
    seen = SeenField()

    class Meta:
        model = Campaign
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["seen"] = stamp(self.instance)
        self._say("scheduled_at", "When to begin by itself. Empty: by hand.")
        self._name_both("scheduled_at")
        self._say("deposit_amount", "For deposit match and reload, where everybody is given the same.")
        self._say("budget_amount", f"In {settings.BASE_CURRENCY}, by face value. Empty: no limit.")
        self._show_amount("deposit_amount", currency_of(self.instance))
        self._show_amount("budget_amount", settings.BASE_CURRENCY)
        if "template" in self.fields:
            self._offer_templates()
        for name in ROWS & self.fields.keys():
            # What others use as well is not changed or deleted from here.
            widget: Any = self.fields[name].widget
            widget.can_change_related = widget.can_delete_related = False

    def clean_currency_override(self) -> str:
        code = str(self.cleaned_data["currency_override"]).strip().upper()
        if code and not currencies.is_known(code):
            raise forms.ValidationError(f"{code} is not a currency we know.")
        return code

    def clean(self) -> dict[str, Any]:
        field = FIELD_OF.get(self.refused.code) if self.refused else None
        if self.refused is None or field not in self.fields:
            return super().clean()
        self.add_error(field, self.refused.message)
        return self.cleaned_data

    def campaign_fields(self) -> dict[str, Any]:
        """As the service takes them: all of a new campaign, of another one what was changed."""
        names = FIELDS if self.instance._state.adding else [name for name in FIELDS if name in self.changed_data]
        given = {name: self.cleaned_data[name] for name in names}
        for name in ROWS & given.keys():
            given[f"{name}_id"] = given.pop(name).pk
        return given

    def _name_both(self, name: str) -> None:
        """Of the two fields for a moment only the page's text says which is which."""
        widget: Any = self.fields[name].widget if name in self.fields else None
        for part, words in zip(getattr(widget, "widgets", ()), ("Date to begin", "Time to begin"), strict=False):
            part.attrs["aria-label"] = words

    def _say(self, name: str, words: str) -> None:
        if name in self.fields:
            self.fields[name].help_text = f"{words} {self.fields[name].help_text}".strip()

    def _show_amount(self, name: str, currency: str | None) -> None:
        amount = getattr(self.instance, name)
        if amount is not None and currency:
            self._say(name, f"Now {display(amount, currency)}.")

    def _offer_templates(self) -> None:
        field: Any = self.fields["template"]
        offered = BonusTemplate.objects.exclude(status=TemplateStatus.ARCHIVED)
        if not self.instance._state.adding:
            offered |= BonusTemplate.objects.filter(pk=self.instance.template_id)
        field.queryset = offered.order_by("name")
        field.label_from_instance = template_label


def currency_of(campaign: Campaign) -> str | None:
    """Of its grants; None before it has a template."""
    if campaign.currency_override:
        return campaign.currency_override
    return str(campaign.template.config["currency"]) if campaign.template_id else None


def template_label(template: BonusTemplate) -> str:
    status = "" if template.status == TemplateStatus.ACTIVE else f", {template.status}"
    return f"{template.name} ({template.get_type_display()}{status})"
