"""Stored terms as a list for people: amounts in the currency that they were written in."""

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bonuses.configs import AMOUNT_KEYS
from bonuses.money import display
from integrations import currencies

IN_MONEY = frozenset({*AMOUNT_KEYS, "max_win_cap", "max_bet_during_wagering"})
"""Of terms and of their config."""


def facts(values: dict[str, Any], currency: Any) -> SafeString:
    """Keys and values as a list, nested ones in one line."""
    lines = ((key.replace("_", " "), _in_a_line(key, value, currency)) for key, value in values.items())
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", lines))


def fact(key: str, value: Any, currency: Any) -> str:
    if value is None or value == []:
        return "-"
    if key in IN_MONEY and isinstance(value, int) and currencies.is_known(currency):
        return display(value, currency)
    return str(value)


def _in_a_line(key: str, value: Any, currency: Any) -> str:
    if isinstance(value, dict):
        # Elsewhere than in a config the keys are words of the operator's.
        told = (f"{name} {_in_a_line(name if key == 'config' else '', of, currency)}" for name, of in value.items())
        return ", ".join(told) or "-"
    if isinstance(value, list):
        return " and ".join(map(str, value)) or "-"
    return fact(key, value, currency)
