from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse_lazy

from bonuses.admin.money_fields import Money, as_typed, read_money, show_currency
from bonuses.admin.service_form import ServiceForm
from bonuses.models import BonusTemplate
from bonuses.models.template import TemplateStatus
from campaigns.admin.seen import SeenField, stamp
from campaigns.models import Campaign
from campaigns.services.campaign_fields import FIELDS as SERVICE_FIELDS
from campaigns.services.campaign_fields import MOST_HELD_OUT
from integrations import currencies

FIELDS = tuple(name.removesuffix("_id") for name in SERVICE_FIELDS)
ROWS = frozenset({"segment", "template"})
AMOUNTS = ("deposit_amount", "budget_amount")
FOLLOWS_THE_CURRENCY = {
    "hx-get": reverse_lazy("admin:campaigns_campaign_currency"),
    "hx-trigger": "change, change from:#id_template, focusin from:#id_deposit_amount",
    "hx-include": "#id_template, #id_currency_override",
    "hx-target": "#unit_deposit_amount",
    "hx-sync": "this:queue last",
}
"""On the field of the currency: beside the deposit stands the one that it is typed in."""
FIELD_OF = {
    "BONUS_DEPOSIT_AMOUNT_REQUIRED": "deposit_amount",
    "SEGMENT_NOT_FOUND": "segment",
    "BONUS_TEMPLATE_NOT_FOUND": "template",
    # The only field that there is while it is paused.
    "CAMPAIGN_NOT_EDITABLE": "budget_amount",
}
"""Where the form shows what the services refuse without naming a field."""


class CampaignForm(ServiceForm):
    deposit_amount = Money(
        label="Deposit",
        help_text="For deposit match and reload, where everybody is given the same. Write it like 50 or 50.00.",
    )
    currency_override = forms.CharField(
        required=False,
        max_length=10,
        label="Currency",
        widget=forms.TextInput(attrs=FOLLOWS_THE_CURRENCY),
        help_text="Empty gives the bonus in the template's own currency.",
    )
    budget_amount = Money(
        label="Budget",
        help_text="By face value, in the base currency, like 2500 or 2500.00. Empty: no limit.",
    )
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
        self.amounts_before = {name: getattr(self.instance, name) for name in AMOUNTS if name in self.fields}
        self._show_money()
        if not self.instance._state.adding:
            self.initial["seen"] = stamp(self.instance)
        self._say("scheduled_at", "When to begin by itself. Empty: by hand.")
        self._name_both("scheduled_at")
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
        self._read_money()
        field = FIELD_OF.get(self.refused.code) if self.refused else None
        if self.refused is None or field not in self.fields:
            return super().clean()
        self.add_error(field, self.refused.message)
        return self.cleaned_data

    def campaign_fields(self) -> dict[str, Any]:
        """As the service takes them: all of a new campaign, of another one what was changed."""
        names = FIELDS if self.instance._state.adding else [name for name in FIELDS if self._is_changed(name)]
        given = {name: self.cleaned_data[name] for name in names}
        for name in ROWS & given.keys():
            given[f"{name}_id"] = given.pop(name).pk
        return given

    def _is_changed(self, name: str) -> bool:
        """Amounts by value: 5 and 5.00 are the same, and 5.00 is another one in another currency."""
        if name in self.amounts_before:
            return bool(self.cleaned_data[name] != self.amounts_before[name])
        return name in self.changed_data

    def _show_money(self) -> None:
        currencies_of = {"deposit_amount": currency_of(self.instance), "budget_amount": settings.BASE_CURRENCY}
        for name, currency in currencies_of.items():
            show_currency(self, name, currency)
            if name in self.amounts_before:
                self.initial[name] = as_typed(self.amounts_before[name], currency)

    def _read_money(self) -> None:
        template, override = self.cleaned_data.get("template"), self.cleaned_data.get("currency_override")
        currency = None if template is None or override is None else grant_currency(template, override)
        if currency:
            show_currency(self, "deposit_amount", currency)
        read_money(self, "deposit_amount", currency)
        read_money(self, "budget_amount", settings.BASE_CURRENCY)

    def _name_both(self, name: str) -> None:
        """Of the two fields for a moment only the page's text says which is which."""
        widget: Any = self.fields[name].widget if name in self.fields else None
        for part, words in zip(getattr(widget, "widgets", ()), ("Date to begin", "Time to begin"), strict=False):
            part.attrs["aria-label"] = words

    def _say(self, name: str, words: str) -> None:
        if name in self.fields:
            self.fields[name].help_text = f"{words} {self.fields[name].help_text}".strip()

    def _offer_templates(self) -> None:
        field: Any = self.fields["template"]
        offered = BonusTemplate.objects.exclude(status=TemplateStatus.ARCHIVED)
        if not self.instance._state.adding:
            offered |= BonusTemplate.objects.filter(pk=self.instance.template_id)
        field.queryset = offered.order_by("name")
        field.label_from_instance = template_label


def currency_of(campaign: Campaign) -> str | None:
    """Of its grants; None before it has a template."""
    if campaign.currency_override or not campaign.template_id:
        return campaign.currency_override or None
    return grant_currency(campaign.template, "")


def grant_currency(template: BonusTemplate | None, override: str) -> str:
    """Empty where neither says."""
    return override or (str(template.config["currency"]) if template else "")


def template_label(template: BonusTemplate) -> str:
    status = "" if template.status == TemplateStatus.ACTIVE else f", {template.status}"
    return f"{template.name} ({template.get_type_display()}{status})"
