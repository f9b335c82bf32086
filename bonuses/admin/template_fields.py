"""Form fields for what a template keeps as JSON, so that nobody types JSON."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from bonuses.admin.money_fields import as_typed
from bonuses.configs import AMOUNT_KEYS
from bonuses.terms import CONFIGS

PREFIX = "config_"


class Percent(forms.DecimalField):
    """A JSON number: a whole one stays whole."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "vIntegerField"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_digits=9, decimal_places=4, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class Lines(forms.CharField):
    """A list of strings, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = (line.strip() for line in (value or "").splitlines())
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial or []) != self.to_python(data))


class Contribution(forms.CharField):
    """Category → percent, one `category=percent` a line."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{category}={percent}" for category, percent in value.items())
        return value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        shares: dict[str, int | float] = {}
        for number, line in enumerate((value or "").splitlines(), start=1):
            if not line.strip():
                continue
            category, equals, percent = (part.strip() for part in line.partition("="))
            if not category or not equals:
                raise forms.ValidationError(f"Line {number}: write category=percent, as in slots=100.")
            if category in shares:
                raise forms.ValidationError(f"Line {number}: {category} is there twice.")
            shares[category] = self._percent(percent, number)
        return shares

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial or {}) != self.to_python(data))
        except forms.ValidationError:
            return True

    @staticmethod
    def _percent(text: str, number: int) -> int | float:
        try:
            percent = Decimal(text.removesuffix("%").strip())
        except InvalidOperation:
            raise forms.ValidationError(f"Line {number}: “{text}” is not a number.") from None
        if not percent.is_finite() or not 0 <= percent <= 100:
            raise forms.ValidationError(f"Line {number}: a contribution is from 0 to 100 percent.")
        return json_number(percent)


def json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def types_using(field: str) -> tuple[str, ...]:
    key = field.removeprefix(PREFIX)
    return tuple(type_ for type_, model in CONFIGS.items() if key in model.model_fields)


def config_from(cleaned: dict[str, Any], type_: str) -> dict[str, Any]:
    """The JSON of the chosen type from what was typed; what was left blank is left out."""
    config: dict[str, Any] = {}
    for key in CONFIGS[type_].model_fields:
        value = cleaned.get(PREFIX + key)
        if value is None or value == "":
            continue
        config[key] = json_number(value) if isinstance(value, Decimal) else value
    return config


def initial_from(config: dict[str, Any]) -> dict[str, Any]:
    """What the form shows of a stored config."""
    return {PREFIX + key: _shown(key, value, config.get("currency")) for key, value in config.items()}


def _shown(key: str, value: Any, currency: Any) -> Any:
    if key in AMOUNT_KEYS:
        return as_typed(value, currency)
    return Decimal(str(value)) if "percent" in key else value
