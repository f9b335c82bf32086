"""What the terms of a template come to, told beside its form as they are typed. Nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from bonuses.admin.template_fields import PREFIX
from bonuses.admin.template_form import TemplateForm
from bonuses.models import BonusTemplate
from bonuses.money import AmountInvalid, from_major
from bonuses.services.terms_revision import terms_of
from bonuses.terms import Terms, from_json
from bonuses.terms_example import example, takes_entry
from bonuses.terms_words import details, headline
from integrations import currencies
from integrations.admin.common import AnyModelAdmin

CONFIG_CLASS = "terms-config"
"""Of the fieldset that follows the type."""
NOT_TERMS = ("name", "status")
NO_TYPE = "Choose a type, and what you type is told here in words."
MISSING = "This field is required."


@dataclass(frozen=True, slots=True)
class Panel:
    headline: str = ""
    details: Sequence[str] = ()
    example: str = ""
    hint: str = ""
    missing: Sequence[str] = ()
    wrong: Sequence[str] = ()


def sketch(model_admin: AnyModelAdmin, request: HttpRequest, template: BonusTemplate | None) -> HttpResponse:
    """Parts of the page for what is typed so far. A POST, because a form is long; it changes nothing."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if template is None:
        may = model_admin.has_add_permission(request)
    else:
        may = model_admin.has_change_permission(request, template)
    if not may:
        raise PermissionDenied
    form_class: Any = model_admin.get_form(request, template, change=template is not None)
    form = form_class(request.POST, instance=template)
    follows = form.chosen_type != request.POST.get("shown_type", "")
    swapped = [name for name in form.amount_fields() if follows and name.startswith(PREFIX)]
    context = {
        "panel": panel_of_form(form),
        "amount_fields": [name for name in form.amount_fields() if name not in swapped],
        "currency": form.currency,
        # Not the same form: this one was looked at already, and would say at its fields what is still missing.
        "fieldset": config_fieldset(model_admin, request, form_class(initial=request.POST.dict())) if follows else None,
        "chosen_type": form.chosen_type,
        "is_swapped": True,
    }
    return TemplateResponse(request, "admin/bonuses/bonustemplate/sketch.html", context)


def config_fieldset(model_admin: AnyModelAdmin, request: HttpRequest, form: Any) -> Any:
    fieldsets: Any = model_admin.get_fieldsets(request)
    found = AdminForm(form, list(fieldsets), {}, model_admin=model_admin)
    return next(fieldset for fieldset in found if fieldset.classes == CONFIG_CLASS)


def panel_of_form(form: TemplateForm) -> Panel:
    if not form.chosen_type:
        return Panel(hint=NO_TYPE)
    if not form.is_bound:
        return Panel()
    faults = {name: messages[0] for name, messages in form.errors.items() if name not in NOT_TERMS}
    if not faults:
        return panel_of(form.typed_terms(), str(form.data.get("example", "")))
    said = {str(form[name].label) if name in form.fields else "": str(message) for name, message in faults.items()}
    return Panel(
        missing=[label for label, message in said.items() if message == MISSING],
        wrong=[f"{label}: {message}" if label else message for label, message in said.items() if message != MISSING],
    )


def panel_of(terms: Terms, typed: str = "") -> Panel:
    """`typed` is what the example begins with, in major units."""
    if not currencies.is_known(terms.currency):
        return Panel(hint=f"{terms.currency} is not a currency we know.")
    return Panel(headline=headline(terms), details=details(terms), example=_example(terms, typed.strip()))


def stored_terms(template: Any) -> Terms:
    """Of a template, or of a row of its history."""
    return from_json(terms_of(template))


def in_a_line(template: Any) -> str:
    panel = panel_of(stored_terms(template))
    return panel.headline or panel.hint


def _example(terms: Terms, typed: str) -> str:
    if not typed or not takes_entry(terms.type):
        return example(terms)
    try:
        entered = from_major(typed, terms.currency)
    except AmountInvalid as error:
        return f"No example: {error.message}"
    return example(terms, entered=entered) if entered >= 0 else "No example: an amount is not negative."
