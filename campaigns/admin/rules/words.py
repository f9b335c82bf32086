"""Rules for who reads them: as the rows of the builder say it, without fields."""

from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from campaigns.admin.rules.nodes import JOINS, Group, Node, NotShown, Row, from_tree
from campaigns.admin.rules.shown import NAMES, OPS
from campaigns.admin.rules.values import is_amount
from campaigns.rule_fields import ATTRIBUTE
from integrations.admin.common import pretty


def in_words(rules: Any) -> SafeString:
    """JSON where rows can't show them."""
    try:
        root = from_tree(rules)
    except NotShown:
        return format_html("<div>As JSON, amounts in minor units:</div>{}", pretty(rules))
    return format_html('<div class="rules-words">{}</div>', _said(root))


def _said(node: Node) -> SafeString | str:
    if isinstance(node, Row):
        return f"Not: {_row(node)}" if node.is_not else _row(node)
    return _group(node)


def _group(group: Group) -> SafeString:
    inner = format_html_join("", "<li>{}</li>", ((_said(node),) for node in group.inner))
    return format_html("{}:<ul>{}</ul>", JOINS[group.join].capitalize(), inner)


def _row(row: Row) -> str:
    field = f"Attribute {row.key}" if row.name == ATTRIBUTE else NAMES.get(row.name, row.name)
    if row.op == "exists":
        return f"{field} has {'a' if row.values == ['yes'] else 'no'} value"
    unit = f" in the player's currency, with decimals as of {settings.BASE_CURRENCY}" if is_amount(row.name) else ""
    return f"{field} {OPS.get(row.op, row.op)} {', '.join(row.values)}{unit}"
