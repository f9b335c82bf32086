"""The history of a template: who changed what, when and why, field by field."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from bonuses.admin.template_form import AMOUNT_RULES, TemplateForm
from bonuses.admin.template_panel import in_a_line
from bonuses.configs import AMOUNT_KEYS
from bonuses.models import BonusTemplate
from bonuses.money import display
from bonuses.services.template_history import Change, Entry, entries
from integrations import currencies
from integrations.admin.common import AnyModelAdmin, as_uuid, when

SHOWN = 50
KINDS = {"+": "Made", "~": "Changed", "-": "Removed"}
AMOUNTS = frozenset({*AMOUNT_RULES, *(f"config.{key}" for key in AMOUNT_KEYS)})
NOTHING = "–"


def history_page(model_admin: AnyModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Also of a template that is gone."""
    if not model_admin.has_view_or_change_permission(request):
        raise PermissionDenied
    template_id = as_uuid(object_id)
    if template_id is None:
        raise Http404
    found = entries(template_id, most=SHOWN + 1, before=_number(request.GET.get("before", "")))
    template = BonusTemplate.objects.filter(pk=template_id).first()
    if template is None and not found:
        raise Http404
    shown, rest = found[:SHOWN], found[SHOWN:]
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"History of “{template or found[0].row.name}”",
        "original": template,
        "entries": [_shown(entry) for entry in shown],
        "older": shown[-1].id if rest else None,
    }
    return TemplateResponse(request, "admin/bonuses/bonustemplate/history.html", context)


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "when": when(entry.at),
        "by": entry.by or NOTHING,
        "what": KINDS[entry.kind],
        "reason": entry.reason,
        "words": in_a_line(entry.row) if entry.older is None else "",
        "changes": list(told(entry.changes, entry.older, entry.row)) if entry.kind != "-" else [],
    }


def told(changes: Iterable[Change], older: Any, newer: Any) -> Iterable[tuple[str, str, str]]:
    """The field's label, what it was and what it became; amounts in the currency they stood in."""
    for change in changes:
        yield label_of(change.path), _said(change.path, change.old, older), _said(change.path, change.new, newer)


def label_of(path: str) -> str:
    field = TemplateForm.base_fields.get(path.replace(".", "_"))
    return str(field.label) if field is not None and field.label else path.removeprefix("config.").replace("_", " ")


def _said(path: str, value: Any, row: Any) -> str:
    if value is None or value in ("", [], {}):
        return NOTHING
    if path in AMOUNTS and currencies.is_known(row.config.get("currency", "")):
        return display(value, row.config["currency"])
    if isinstance(value, dict):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if "." in path:
        return str(value)
    field: Any = BonusTemplate._meta.get_field(path)
    return str(dict(field.flatchoices).get(value, value))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
