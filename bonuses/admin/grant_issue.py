"""Issuing by hand: what is typed, then what would happen, then the word to do it. Works without script."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bonuses.admin.grant_forms import IssueForm
from bonuses.admin.grant_pages import cause_of, to_grant
from bonuses.models import Grant
from bonuses.models.grant import GrantedByKind
from bonuses.models.template import BonusType
from bonuses.money import display
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from bonuses.services.issue import IssueRequest, issue
from bonuses.services.preview_issue import IssuePreview, preview_issue
from integrations.admin.common import AnyModelAdmin, Table, link, link_to, when
from integrations.admin.pages import form_page, require
from integrations.errors import DomainError

STALE = "What would be given has changed since you looked. This is how it stands now."


def issue_page(model_admin: AnyModelAdmin, request: HttpRequest) -> HttpResponse:
    require(request, "bonuses.issue_grant")
    if request.method != "POST":
        return _form(model_admin, request, IssueForm(initial={**request.GET.dict(), "request_key": _new_key()}))
    form = IssueForm(request.POST)
    if not form.is_valid() or "change" in request.POST:
        return _form(model_admin, request, form)
    order = _order(request, form.cleaned_data)
    sent_before = Grant.objects.filter(request_key=order.request_key).first()
    if sent_before is not None:
        messages.warning(request, "This form had been sent already; nothing was issued a second time.")
        return to_grant(sent_before.pk)
    try:
        preview = preview_issue(request=order)
    except DomainError as error:
        form.refuse(error)
        return _form(model_admin, request, form)
    is_seen = form.cleaned_data["seen"] == preview.stamp
    if "confirmed" not in request.POST or not is_seen:
        warning = "" if "confirmed" not in request.POST else STALE
        return _ask(model_admin, request, form, preview, warning=warning)
    done = _issue(request, form, order)
    return _form(model_admin, request, form) if done is None else done


def _order(request: HttpRequest, given: dict[str, Any]) -> IssueRequest:
    return IssueRequest(
        template_id=given["template"].pk,
        player_id=given["player"].pk,
        granted_by_kind=GrantedByKind.MANUAL,
        deposit_amount=given["deposit_amount"],
        loss_amount=given["loss_amount"],
        currency_override=given["currency"] or None,
        reason=given["reason"],
        # Bound to who sent it, so that nobody's key finds another's grant.
        request_key=f"admin:{request.user.pk}:{given['request_key']}",
    )


def _issue(request: HttpRequest, form: IssueForm, order: IssueRequest) -> HttpResponse | None:
    """Where to go, or None when the form is to be shown again with what was wrong."""
    try:
        grant = issue(request=order, cause=cause_of(request))
    except AdapterUnavailable as error:
        messages.warning(request, error.message)
        return to_grant(error.details["grant_id"])
    except AdapterRejected as error:
        form.add_error(None, rejection(error))
        # That grant has failed for good; sending the form again is to make another one.
        form.set(request_key=_new_key())
        return None
    except DomainError as error:
        form.refuse(error)
        return None
    messages.success(request, f"The grant is {grant.status}.")
    return to_grant(grant.pk)


def _new_key() -> str:
    return str(uuid.uuid4())


def rejection(error: AdapterRejected) -> SafeString:
    return format_html(
        "The platform refused: {}, {}. {}",
        error.details["platform_code"],
        error.details["platform_message"],
        link_to("bonuses_grant", error.details["grant_id"], "The failed grant"),
    )


def _form(model_admin: AnyModelAdmin, request: HttpRequest, form: IssueForm) -> HttpResponse:
    return form_page(model_admin, request, form, title="Issue a grant", submit="Continue")


def _ask(
    model_admin: AnyModelAdmin, request: HttpRequest, form: IssueForm, preview: IssuePreview, *, warning: str
) -> HttpResponse:
    form.set(seen=preview.stamp)
    return form_page(
        model_admin,
        request,
        form,
        title="Issue this grant?",
        submit="Issue",
        template="admin/bonuses/grant/issue_confirm.html",
        tables=[_what_happens(preview, form.cleaned_data["reason"])],
        warning=warning,
    )


def _what_happens(preview: IssuePreview, reason: str) -> Table:
    offer = preview.offer
    expires = f"{when(offer.expires_at)} UTC, if nothing ends it before" if offer.expires_at else "never"
    rows = [
        ("Player", link(preview.player)),
        ("Template", link(preview.template)),
        ("Amount", _amount(preview)),
        ("Wagering", _wagering(preview)),
        ("Expires", expires),
        ("Platform", f"{preview.adapter.name} is called at once."),
        ("The player", "sees the bonus as soon as the platform has credited it, and can be told of it."),
        ("Reason", reason),
    ]
    return Table("What will happen", ("What", "How"), rows)


def _amount(preview: IssuePreview) -> str:
    offer = preview.offer
    amount = display(offer.amount, offer.terms.currency)
    if offer.terms.type != BonusType.FREE_SPINS:
        return amount
    config = offer.terms.config
    each = display(config["value_per_spin"], offer.terms.currency)
    return f"{config['count']} free spins of {each}, {amount} in all"


def _wagering(preview: IssuePreview) -> str:
    terms, currency = preview.offer.terms, preview.offer.terms.currency
    if terms.type == BonusType.FREE_SPINS:
        multiplier = terms.wagering_requirement_multiplier
        return f"{multiplier.normalize():f} × what the spins win" if multiplier else "none"
    if not preview.offer.wagering_required:
        return "none"
    return f"{display(preview.offer.wagering_required, currency)} before it turns into real money"
