"""What each step of the builder asks for. Money is typed in major units, and kept exactly or refused."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from bonuses.admin.money_fields import Money, as_typed, read_money, show_currency
from bonuses.configs import DEPOSIT_TYPES
from bonuses.models import BonusTemplate
from bonuses.models.template import TemplateStatus
from campaigns.admin.campaign_form import currency_of, template_label
from campaigns.admin.seen import SeenField, stamp
from campaigns.models import Campaign, Segment
from campaigns.services.campaign_fields import LONGEST_NAME, MOST_HELD_OUT
from integrations import currencies

BY_HAND, BY_ITSELF = "hand", "time"


class StepForm(forms.Form):
    seen = SeenField()

    def __init__(self, data: Any = None, *, draft: Campaign) -> None:
        self.draft = draft
        super().__init__(data, initial=self.shown(draft))
        if not draft._state.adding:
            self.initial["seen"] = stamp(draft)

    def shown(self, draft: Campaign) -> dict[str, Any]:
        """What the draft says so far."""
        raise NotImplementedError

    def fields_of(self) -> dict[str, Any]:
        """As the services take them."""
        raise NotImplementedError

    def changes(self) -> dict[str, Any]:
        given = self.fields_of()
        return {name: value for name, value in given.items() if getattr(self.draft, name) != value}


class AudienceForm(StepForm):
    name = forms.CharField(max_length=LONGEST_NAME, widget=forms.TextInput(attrs={"class": "vTextField"}))
    segment = forms.ModelChoiceField(Segment.objects.order_by("name"), empty_label="Choose one")

    def shown(self, draft: Campaign) -> dict[str, Any]:
        return {"name": draft.name, "segment": draft.segment_id}

    def fields_of(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "segment_id": self.cleaned_data["segment"].pk}


class TemplateForm(StepForm):
    template = forms.ModelChoiceField(BonusTemplate.objects.none(), empty_label="Choose one", label="Bonus template")
    currency_override = forms.CharField(
        required=False,
        max_length=10,
        label="Currency",
        help_text="Empty gives the bonus in the template's own currency.",
    )
    deposit = Money(
        label="Deposit",
        help_text="For deposit match and reload, where everybody is given the same. Write it like 50 or 50.00.",
    )

    def __init__(self, data: Any = None, *, draft: Campaign) -> None:
        super().__init__(data, draft=draft)
        offered = BonusTemplate.objects.exclude(status=TemplateStatus.ARCHIVED)
        offered |= BonusTemplate.objects.filter(pk=draft.template_id)
        field: Any = self.fields["template"]
        field.queryset = offered.order_by("name")
        field.label_from_instance = template_label
        show_currency(self, "deposit", currency_of(draft))

    def shown(self, draft: Campaign) -> dict[str, Any]:
        return {
            "template": draft.template_id,
            "currency_override": draft.currency_override,
            "deposit": as_typed(draft.deposit_amount, currency_of(draft)),
        }

    def clean_currency_override(self) -> str:
        code = str(self.cleaned_data["currency_override"]).strip().upper()
        if code and not currencies.is_known(code):
            raise forms.ValidationError(f"{code} is not a currency we know.")
        return code

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        template, typed = cleaned.get("template"), cleaned.get("deposit", "")
        if template is None or "currency_override" not in cleaned:
            return cleaned
        currency = cleaned["currency_override"] or template.config["currency"]
        show_currency(self, "deposit", currency)
        read_money(self, "deposit", currency)
        if not typed and template.type in DEPOSIT_TYPES and "deposit" not in self.errors:
            self.add_error("deposit", f"This bonus is worked out from a deposit. Say which, in {currency}.")
        return cleaned

    def fields_of(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "template_id": given["template"].pk,
            "currency_override": given["currency_override"],
            "deposit_amount": given["deposit"],
        }


class TimingForm(StepForm):
    start = forms.ChoiceField(
        label="Begins",
        choices=[(BY_HAND, "By hand, when somebody issues it"), (BY_ITSELF, "By itself, at this time:")],
        widget=forms.RadioSelect(attrs={"class": "radiolist"}),
    )
    planned_at = forms.DateTimeField(
        required=False,
        label="Time (UTC)",
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )

    def shown(self, draft: Campaign) -> dict[str, Any]:
        return {"start": BY_ITSELF if draft.planned_at else BY_HAND, "planned_at": draft.planned_at}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("start") != BY_ITSELF or "planned_at" in self.errors:
            return cleaned
        planned_at = cleaned.get("planned_at")
        if planned_at is None:
            self.add_error("planned_at", "Say when.")
        elif planned_at <= timezone.now():
            self.add_error("planned_at", "This time has passed.")
        return cleaned

    def planned(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["planned_at"]
        return at if self.cleaned_data["start"] == BY_ITSELF else None

    def fields_of(self) -> dict[str, Any]:
        return {"planned_at": self.planned()}


class BudgetForm(StepForm):
    budget = Money(label="Budget")

    def __init__(self, data: Any = None, *, draft: Campaign) -> None:
        super().__init__(data, draft=draft)
        show_currency(self, "budget", settings.BASE_CURRENCY)
        self.fields["budget"].help_text = (
            "By face value, in the base currency, like 2500 or 2500.00. "
            "The campaign pauses when it is used up. Empty: no limit."
        )

    def shown(self, draft: Campaign) -> dict[str, Any]:
        return {"budget": as_typed(draft.budget_amount, settings.BASE_CURRENCY)}

    def clean(self) -> dict[str, Any]:
        read_money(self, "budget", settings.BASE_CURRENCY)
        return self.cleaned_data

    def fields_of(self) -> dict[str, Any]:
        return {"budget_amount": self.cleaned_data["budget"]}


class HoldoutForm(StepForm):
    holdout_percent = forms.IntegerField(
        min_value=0,
        max_value=MOST_HELD_OUT,
        label="Held out, in percent",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "vIntegerField", "autocomplete": "off"}),
        help_text="Players of the segment who get nothing, so that the others can be compared with them. 0: nobody.",
    )

    def shown(self, draft: Campaign) -> dict[str, Any]:
        return {"holdout_percent": draft.holdout_percent}

    def fields_of(self) -> dict[str, Any]:
        return {"holdout_percent": self.cleaned_data["holdout_percent"]}
