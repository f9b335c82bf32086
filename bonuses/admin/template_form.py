"""The form of a template: the fields of its config follow its type."""

from typing import Any

from django import forms

from bonuses import terms
from bonuses.admin.service_form import ServiceForm, add_domain_error
from bonuses.admin.template_fields import (
    PREFIX,
    Contribution,
    Lines,
    MinorUnits,
    Percent,
    config_from,
    initial_from,
    types_using,
)
from bonuses.configs import MAX_COUNT, MAX_HOURS
from bonuses.models import BonusTemplate
from bonuses.models.template import BonusType
from bonuses.money import MAX_MINOR, display
from bonuses.services.terms_revision import TERMS_FIELDS
from integrations import currencies

PLAIN = ("name", "status", *(name for name in TERMS_FIELDS if name not in ("type", "config")))

RULES = ("wagering_basis", "wagering_requirement_multiplier", "game_contribution")


class TemplateForm(ServiceForm):
    # One field for each key that any type's config may have; types share those of the same name.
    config_currency = forms.CharField(required=False, max_length=10, label="Currency", help_text="A code such as EUR.")
    config_match_percent = Percent(label="Match, in percent of the deposit")
    config_amount = MinorUnits(label="Amount")
    config_percent = Percent(label="Percent of the loss")
    config_window_days = forms.IntegerField(required=False, label="Window, in days")
    config_min_loss = MinorUnits(label="Smallest loss")
    config_cap_amount = MinorUnits(label="Cap: the most that is given")
    config_count = forms.IntegerField(required=False, label="Number of spins")
    config_value_per_spin = MinorUnits(label="Value of a spin")
    config_eligible_games = Lines(required=False, label="Eligible games", help_text="One a line; may be empty.")

    max_bet_during_wagering = MinorUnits(label="Largest bet during wagering", min_value=1, max_value=MAX_MINOR)
    max_win_cap = MinorUnits(label="Most that can be won", min_value=1, max_value=MAX_MINOR)
    time_limit_hours = forms.IntegerField(
        required=False, min_value=1, max_value=MAX_HOURS, help_text="Empty: no limit."
    )
    max_grants_per_player = forms.IntegerField(
        required=False, min_value=1, max_value=MAX_COUNT, initial=1, help_text="Empty: no limit."
    )
    game_contribution = Contribution(
        required=False,
        label="What games count",
        help_text="One category=percent a line, as in slots=100 or default=50. Empty: all count in full.",
    )
    fasttrack_type = forms.ChoiceField(
        required=False,
        label="Fast Track type",
        choices=[("", "derived from the type"), *((name, name) for name in terms.FASTTRACK_TYPES)],
    )

    class Meta:
        model = BonusTemplate
        fields = ("type", *PLAIN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        if instance is not None and instance.config:
            kwargs["initial"] = {**initial_from(instance.config), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        for name in config_names(self.fields):
            # Read by the static script; without it the help text says whose field it is.
            types = types_using(name)
            self.fields[name].widget.attrs["data-types"] = " ".join(types)
            if len(types) < len(BonusType):
                whose = ", ".join(str(BonusType(type_).label) for type_ in types)
                self.fields[name].help_text = f"{self.fields[name].help_text} For: {whose}.".strip()
        if not self.is_new:
            self._show_amounts()
            if "type" in self.fields:
                self.fields["type"].disabled = True
                self.fields["type"].help_text = "Can't be changed."

    def clean_config_currency(self) -> str:
        code = str(self.cleaned_data["config_currency"] or "").strip().upper()
        if code and not currencies.is_known(code):
            raise forms.ValidationError(f"{code} is not a currency we know.")
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        type_ = cleaned.get("type")
        if type_:
            self._drop_errors_of_other_types(type_)
            try:
                terms.check_config(type_, config_from(cleaned, type_))
            except terms.ConfigInvalid as error:
                self._add_new_errors(error)
            self._check_rules(cleaned, type_)
        return cleaned

    def _check_rules(self, cleaned: dict[str, Any], type_: str) -> None:
        given = [cleaned.get(name) for name in RULES]
        if any(value is None for value in given):
            return
        basis, multiplier, contribution = given
        try:
            terms.check_rules(
                type=type_, wagering_basis=str(basis), multiplier=multiplier, game_contribution=contribution
            )
        except terms.RulesInvalid as error:
            add_domain_error(self, error)

    def template_fields(self) -> dict[str, Any]:
        """What a new template is made of."""
        cleaned = self.cleaned_data
        config = config_from(cleaned, cleaned["type"])
        return {"type": cleaned["type"], "config": config, **{name: self._value(name) for name in PLAIN}}

    def template_changes(self) -> dict[str, Any]:
        """Only what was changed, so that a config stays as it was sent when nothing in it was touched."""
        changed = set(self.changed_data)
        changes = {name: self._value(name) for name in PLAIN if name in changed}
        if any(self.instance.type in types_using(name) for name in config_names(changed)):
            changes["config"] = config_from(self.cleaned_data, self.instance.type)
        return changes

    def _value(self, name: str) -> Any:
        value = self.cleaned_data[name]
        return None if name == "fasttrack_type" and not value else value

    def _drop_errors_of_other_types(self, type_: str) -> None:
        for name in config_names(list(self.errors)):
            if type_ not in types_using(name):
                del self.errors[name]

    def _add_new_errors(self, error: terms.ConfigInvalid) -> None:
        """A field that could not even be read has said so; that it is missing from the config is no news."""
        unread = {name.replace(PREFIX, "config.", 1) for name in config_names(self.errors)}
        news = {path: text for path, text in error.details.items() if path not in unread}
        if news or not unread:
            add_domain_error(self, terms.ConfigInvalid(error.message, **news))

    def _show_amounts(self) -> None:
        currency = self.instance.config.get("currency")
        for name, field in self.fields.items():
            value = self.get_initial_for_field(field, name)
            if isinstance(field, MinorUnits) and isinstance(value, int) and currencies.is_known(currency):
                field.help_text = f"Now {display(value, currency)}. {field.help_text}"


def config_names(names: Any) -> list[str]:
    return [name for name in names if name.startswith(PREFIX)]
