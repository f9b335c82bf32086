"""Money as people type it: in major units, with the currency beside it, and kept exactly or refused."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bonuses.money import AmountInvalid, from_major, to_major
from integrations import currencies


class MoneyInput(forms.TextInput):
    """Followed by its currency, which a page may change by the id of that."""

    unit = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        typed = super().render(name, value, attrs, renderer)
        return format_html('{}<span class="unit" id="unit_{}">{}</span>', typed, name, self.unit)


class Money(forms.CharField):
    """An amount in major units as it was typed; which number that is depends on the currency, so the form reads it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = MoneyInput(attrs={"inputmode": "decimal", "class": "vBigIntegerField", "autocomplete": "off"})
        super().__init__(**{"required": False, "max_length": 50, "widget": widget, **kwargs})


def as_typed(minor: int | None, currency: Any) -> str | None:
    """As a person would have to type it: 12345 EUR cents are `123.45`."""
    if minor is None:
        return None
    return f"{to_major(minor, currency):f}" if currencies.is_known(currency) else str(minor)


def show_currency(form: forms.BaseForm, name: str, currency: str | None) -> None:
    """Beside the field of an amount."""
    widget: Any = form.fields[name].widget if name in form.fields else None
    if isinstance(widget, MoneyInput):
        widget.unit = currency or ""


def read_money(form: forms.BaseForm, name: str, currency: str | None, *, least: int | None = 1) -> None:
    """From what was typed into a `Money` to minor units; None where nothing was, or where the currency is not known.

    What can't be read is told at the field. `least` None: also less than nothing.
    """
    if name not in form.fields or name in form.errors:
        return
    typed = form.cleaned_data[name]
    form.cleaned_data[name] = None
    if typed and currency:
        try:
            form.cleaned_data[name] = minor_of(typed, currency, least=least)
        except forms.ValidationError as error:
            form.add_error(name, error)


def minor_of(typed: str, currency: str, *, least: int | None = 1) -> int:
    """Raises `ValidationError` for what is no amount of the currency, or less than the least."""
    try:
        minor = from_major(typed, currency)
    except AmountInvalid as error:
        raise forms.ValidationError(error.message) from None
    if least is not None and minor < least:
        raise forms.ValidationError("Must be more than nothing." if least else "Can't be less than nothing.")
    return minor
