"""The form of a template: the fields of its config follow its type, and money is typed in major units."""

from datetime import datetime
from typing import Any

from django import forms
from django.forms.models import model_to_dict

from bonuses import terms
from bonuses.admin.money_fields import Money, MoneyInput, as_typed, read_money
from bonuses.admin.service_form import ServiceForm, add_domain_error
from bonuses.admin.template_fields import (
    PREFIX,
    Contribution,
    Lines,
    Percent,
    config_from,
    initial_from,
    types_using,
)
from bonuses.configs import MAX_COUNT, MAX_HOURS
from bonuses.models import BonusTemplate
from bonuses.services.change_template import TemplateChanged
from bonuses.services.terms_revision import TERMS_FIELDS, TEXT_OR_NOTHING
from integrations import currencies

PLAIN = ("name", "status", *(name for name in TERMS_FIELDS if name not in ("type", "config")))

RULES = ("wagering_basis", "wagering_requirement_multiplier", "game_contribution")
AMOUNT_RULES = ("max_bet_during_wagering", "max_win_cap")


class TemplateForm(ServiceForm):
    # One field for each key that any type's config may have; types share those of the same name.
    config_currency = forms.CharField(required=False, max_length=10, label="Currency", help_text="A code such as EUR.")
    config_match_percent = Percent(label="Match, in percent of the deposit")
    config_amount = Money(label="Amount")
    config_percent = Percent(label="Percent of the loss")
    config_window_days = forms.IntegerField(required=False, label="Window, in days")
    config_min_loss = Money(label="Smallest loss", help_text="0: any loss.")
    config_cap_amount = Money(label="Cap: the most that is given")
    config_count = forms.IntegerField(required=False, label="Number of spins")
    config_value_per_spin = Money(label="Value of a spin")
    config_eligible_games = Lines(required=False, label="Eligible games", help_text="One a line; may be empty.")

    max_bet_during_wagering = Money(label="Largest bet during wagering", help_text="Empty: no limit.")
    max_win_cap = Money(label="Most that can be won", help_text="Empty: no limit.")
    time_limit_hours = forms.IntegerField(
        required=False, min_value=1, max_value=MAX_HOURS, help_text="720 hours are 30 days. Empty: no limit."
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
            kwargs["initial"] = {**typed_initial(instance), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        self.amounts_before = {name: getattr(self.instance, name) for name in AMOUNT_RULES}
        self.seen = str(self.data.get("seen", "") if self.is_bound else stamp(self.instance))
        """When the template was last changed, as of the page that is sent back."""
        if not self.is_new and "type" in self.fields:
            self.fields["type"].disabled = True
            self.fields["type"].help_text = "Can't be changed."
        self.chosen_type = self._chosen_type()
        self.currency = self._typed_currency()
        self._follow_type()
        for name in self.amount_fields():
            self.fields[name].widget.unit = self.currency

    def amount_fields(self) -> list[str]:
        """Those on the page: of the chosen type, or of all types."""
        return [name for name, field in self.fields.items() if isinstance(field.widget, MoneyInput)]

    def _chosen_type(self) -> str:
        chosen = str(self["type"].value() or "") if self.is_new else str(self.instance.type)
        return chosen if chosen in terms.CONFIGS else ""

    def _typed_currency(self) -> str:
        code = str(self["config_currency"].value() or "").strip().upper()
        return code if currencies.is_known(code) else ""

    def _follow_type(self) -> None:
        """Fields of other types are hidden and keep what was typed, in case somebody comes back to them."""
        for name in config_names(self.fields):
            types = types_using(name)
            if self.chosen_type not in types and len(types) < len(terms.CONFIGS):
                self.fields[name].widget = forms.HiddenInput()

    def clean_config_currency(self) -> str:
        code = str(self.cleaned_data["config_currency"] or "").strip().upper()
        if code and not currencies.is_known(code):
            raise forms.ValidationError(f"{code} is not a currency we know.")
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if isinstance(self.refused, TemplateChanged):
            # Told now; sent once more, it counts.
            self.seen = stamp(self.instance)
        type_ = cleaned.get("type", "")
        self._read_amounts(type_)
        if type_:
            self._drop_errors_of_other_types(type_)
            try:
                terms.check_config(type_, config_from(cleaned, type_))
            except terms.ConfigInvalid as error:
                self._add_new_errors(error)
            self._check_rules(cleaned, type_)
        return cleaned

    def _read_amounts(self, type_: str) -> None:
        """From what was typed to minor units, by the currency beside them."""
        currency = self.cleaned_data.get("config_currency")
        for name, field in self.fields.items():
            if isinstance(field, Money):
                is_rule = name in AMOUNT_RULES
                asked = is_rule or type_ in types_using(name)
                # What a config may hold is checked with the rest of it.
                read_money(self, name, currency if asked else None, least=1 if is_rule else None)

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

    def typed_terms(self) -> terms.Terms:
        """Of a form without errors in them."""
        config = config_from(self.cleaned_data, self.cleaned_data["type"])
        values = {name: self._value(name) for name in TERMS_FIELDS if name not in ("type", "config")}
        values |= {name: values[name] or None for name in TEXT_OR_NOTHING}
        return terms.Terms(type=self.cleaned_data["type"], config=config, **values)

    def template_fields(self) -> dict[str, Any]:
        """What a new template is made of."""
        cleaned = self.cleaned_data
        config = config_from(cleaned, cleaned["type"])
        return {"type": cleaned["type"], "config": config, **{name: self._value(name) for name in PLAIN}}

    def template_changes(self) -> dict[str, Any]:
        """Only what was changed, so that a config stays as it was sent when nothing in it was touched."""
        changed = set(self.changed_data)
        changes = {name: self._value(name) for name in PLAIN if name in changed and name not in AMOUNT_RULES}
        # By value: 5 and 5.00 are one amount, and 5.00 is another in another currency.
        changes |= {name: self._value(name) for name, was in self.amounts_before.items() if self._value(name) != was}
        if any(self.instance.type in types_using(name) for name in config_names(changed)):
            config = config_from(self.cleaned_data, self.instance.type)
            if config != {key: value for key, value in self.instance.config.items() if value is not None}:
                changes["config"] = config
        return changes

    def unchanged_since(self) -> datetime | None:
        return moment(self.seen)

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
        if not self.cleaned_data.get("config_currency"):
            typed = {name.replace(PREFIX, "config.", 1) for name in self.amount_fields() if self[name].value()}
            unread |= typed
        news = {path: text for path, text in error.details.items() if path not in unread}
        if news or not unread:
            add_domain_error(self, terms.ConfigInvalid(error.message, **news))


def config_names(names: Any) -> list[str]:
    return [name for name in names if name.startswith(PREFIX)]


def typed_initial(template: BonusTemplate) -> dict[str, Any]:
    """What the form shows of the config and of the amounts besides."""
    currency = template.config.get("currency")
    amounts = {name: as_typed(getattr(template, name), currency) for name in AMOUNT_RULES}
    return {**initial_from(template.config), **amounts}


def copy_of(template: BonusTemplate) -> dict[str, Any]:
    """What a form for a new template begins with that is to be like this one."""
    ending = " (copy)"
    longest = BonusTemplate._meta.get_field("name").max_length or 0
    plain = model_to_dict(template, fields=("type", *(name for name in PLAIN if name != "status")))
    return {**plain, **typed_initial(template), "name": template.name[: longest - len(ending)] + ending}


def stamp(template: BonusTemplate) -> str:
    return template.updated_at.isoformat() if template.updated_at else ""


def moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
