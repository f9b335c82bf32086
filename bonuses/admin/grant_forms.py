import uuid
from typing import Any

from django import forms

from bonuses.models import BonusTemplate, Player
from bonuses.models.template import TemplateStatus
from bonuses.money import MAX_MINOR
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


class IssueForm(forms.Form):
    template = forms.ModelChoiceField(queryset=BonusTemplate.objects.none())
    player = forms.CharField(max_length=200, label="Player", help_text="The player's external id.")
    deposit_amount = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_MINOR,
        help_text="For deposit match and reload. In minor units: 1000 is 10.00 in euros.",
    )
    loss_amount = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_MINOR,
        help_text="For cashback. In minor units; empty takes the loss recorded with the player.",
    )
    currency = forms.CharField(
        required=False, max_length=10, help_text="Empty gives the bonus in the template's own currency."
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = BonusTemplate.objects.filter(status=TemplateStatus.ACTIVE).order_by("name")
        self.fields["template"].queryset = active  # type: ignore[attr-defined]

    @staticmethod
    def new_key() -> str:
        return str(uuid.uuid4())

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
