from typing import Any

from django import forms

from bonuses.admin.money_fields import Money, read_money
from bonuses.models import BonusTemplate, Player
from bonuses.models.template import TemplateStatus
from integrations import currencies
from integrations.admin.common import ReasonForm
from integrations.errors import DomainError

FIELD_OF = {
    "BONUS_TEMPLATE_NOT_FOUND": "template",
    "BONUS_TEMPLATE_NOT_ACTIVE": "template",
    "PLAYER_NOT_FOUND": "player",
    "PLAYER_BLOCKED": "player",
    "BONUS_GRANT_LIMIT_REACHED": "player",
    "BONUS_DEPOSIT_AMOUNT_REQUIRED": "deposit_amount",
    "EXCHANGE_RATE_MISSING": "currency",
}
"""Where the form shows what issuing refuses; everything else goes above it."""


class SeenField(forms.CharField):
    """What the page said when it was opened, so that nobody acts on what is no longer so."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, label="")


class SeenForm(ReasonForm):
    seen = SeenField()

    def set(self, **values: str) -> None:
        """Sent back with the form instead of what came."""
        self.data = {**dict(self.data.items()), **values}


class IssueForm(SeenForm):
    """Amounts are typed in major units and cleaned to minor ones of the grant's currency."""

    template = forms.ModelChoiceField(queryset=BonusTemplate.objects.none())
    player = forms.CharField(max_length=200, label="Player", help_text="The player's external id.")
    deposit_amount = Money(
        label="Deposit", help_text="For deposit match and reload, in the grant's currency, such as 50.00."
    )
    loss_amount = Money(
        label="Loss",
        help_text="For cashback, in the grant's currency; empty takes the loss recorded with the player.",
    )
    currency = forms.CharField(
        required=False, max_length=10, help_text="Empty gives the bonus in the template's own currency."
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    field_order = ("template", "player", "deposit_amount", "loss_amount", "currency", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = BonusTemplate.objects.filter(status=TemplateStatus.ACTIVE).order_by("name")
        self.fields["template"].queryset = active  # type: ignore[attr-defined]

    def clean_player(self) -> Player:
        external_id = self.cleaned_data["player"]
        player = Player.objects.filter(external_id=external_id).first()
        if player is None:
            raise forms.ValidationError(f"There is no player “{external_id}”.")
        return player

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).strip().upper()
        if code and not currencies.is_known(code):
            raise forms.ValidationError(f"{code} is not a currency we know.")
        return code

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        template, currency = cleaned.get("template"), cleaned.get("currency")
        if template is not None and currency is not None:
            currency = currency or template.config["currency"]
            read_money(self, "deposit_amount", currency)
            read_money(self, "loss_amount", currency, least=0)
        return cleaned

    def refuse(self, error: DomainError) -> None:
        self.add_error(FIELD_OF.get(error.code), error.message)


class ResolveForm(ReasonForm):
    was_credited = forms.TypedChoiceField(
        label="What happened",
        choices=[("yes", "The platform credited it"), ("no", "The platform did not credit it")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect(attrs={"class": "radiolist"}),
    )

    field_order = ("was_credited", "reason")
