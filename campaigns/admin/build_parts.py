"""Parts of the pages that make a campaign: they follow what is typed, as to how many players and which bonus."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from bonuses.configs import DEPOSIT_TYPES
from bonuses.models import BonusTemplate
from bonuses.services.terms_revision import terms_of
from bonuses.terms import from_json
from bonuses.terms_words import headline
from campaigns.admin.approval_tables import terms
from campaigns.admin.build_pages import draft_of
from campaigns.admin.campaign_form import grant_currency
from campaigns.admin.live_count import TOO_LONG, counted
from campaigns.audience import audience_of, held_out_of
from campaigns.models import Campaign, Segment
from campaigns.rules import RulesInvalid
from campaigns.segments import players_of
from campaigns.services.campaign_fields import MOST_HELD_OUT
from integrations import currencies
from integrations.admin.common import as_uuid

EDITORS = ("campaigns.add_campaign", "campaigns.change_campaign")


def count_part(request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    """Of the segment that is chosen, or of the draft's, less those whom the typed percentage holds out."""
    draft = draft_of(request, campaign_id)
    if "holdout_percent" in request.GET:
        words = _with_holdout(draft, request.GET["holdout_percent"].strip())
    else:
        words = _of_segment(request.GET.get("segment", ""))
    return _said(request, {"words": words})


def terms_part(request: HttpRequest, campaign_id: uuid.UUID) -> HttpResponse:
    draft_of(request, campaign_id)
    template = _template(request)
    if template is None:
        return _said(request, {"words": "Choose a template to see its terms."})
    currency = _currency(request, template)
    words = f"{headline(from_json(terms_of(template)))}. Given in {currency}."
    if template.type in DEPOSIT_TYPES:
        words += f" It is worked out from the deposit, which is in {currency} as well."
    tables = [terms(Campaign(template=template))]
    return _said(request, {"words": words, "tables": tables, "currency": currency})


def currency_part(request: HttpRequest) -> HttpResponse:
    """Of the bonus, as far as template and currency are chosen."""
    if not any(request.user.has_perm(permission) for permission in EDITORS):
        raise PermissionDenied
    return HttpResponse(_currency(request, _template(request)), content_type="text/plain")


def _template(request: HttpRequest) -> BonusTemplate | None:
    chosen = as_uuid(request.GET.get("template", ""))
    return BonusTemplate.objects.select_related("revision").filter(pk=chosen).first() if chosen else None


def _currency(request: HttpRequest, template: BonusTemplate | None) -> str:
    typed = request.GET.get("currency_override", "").strip().upper()
    return grant_currency(template, typed if currencies.is_known(typed) else "")


def _of_segment(chosen: str) -> str:
    segment_id = as_uuid(chosen)
    segment = Segment.objects.filter(pk=segment_id).first() if segment_id else None
    if segment is None:
        return "Choose a segment to see how many players that is."
    try:
        return counted(players_of(segment)).words
    except RulesInvalid:
        return "The segment's rules are no longer taken. Mend the segment first."


def _with_holdout(draft: Campaign, typed: str) -> str:
    if draft._state.adding or not typed.isdecimal() or int(typed[:4]) > MOST_HELD_OUT:
        return f"From 0 to {MOST_HELD_OUT}."
    draft.holdout_percent = int(typed)
    try:
        given, held_out = (counted(players, sample=0) for players in (audience_of(draft), held_out_of(draft)))
    except RulesInvalid:
        return "The segment's rules are no longer taken. Mend the segment first."
    if given.count is None or held_out.count is None:
        return TOO_LONG
    return f"{given.count:,} in the audience, {held_out.count:,} held out."


def _said(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, "admin/campaigns/campaign/build_said.html", {"tables": (), **context})
