"""“Why?” about a campaign: the same page as for a template, with who is in the audience and what was decided."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from bonuses.admin.why import (
    ICONS,
    READS,
    VIEW_GRANTS,
    Answer,
    Line,
    Section,
    WhyForm,
    asked,
    by_name_or_id,
    grants_table,
    lines,
    offer_names,
    rendered,
)
from bonuses.admin.why_words import TITLES
from bonuses.services.checks import Finding, Outcome, first_refusal
from campaigns.admin.words import SKIPPED_FOR
from campaigns.models import Campaign
from campaigns.services.explain_campaign import CampaignExplanation, explain_campaign, explainable
from campaigns.services.explain_rules import RuleFinding
from integrations.admin.common import AnyModelAdmin, link
from integrations.admin.pages import require
from integrations.errors import DomainError

VIEW = "campaigns.view_campaign"
DEEPEST = 4
WORDS = {
    **TITLES,
    "campaign": "How the campaign stands",
    "snapshot": "The player was there when the audience was written down",
    "segment": "The player is in the segment",
    "holdout": "The player is not held out",
    "recipient": "The player is in the audience",
    "decision": "What was decided",
    "answer": "What the platform said",
    "grant": "How the grant stands now",
    "approval": "The campaign needs no approval that it has not got",
    "budget": "The budget covers it",
    "ceiling": "It may give as much without another approval",
}


class CampaignWhyForm(WhyForm):
    campaign = forms.CharField(max_length=200, help_text="Name, or id.")

    def clean_campaign(self) -> Campaign:
        found: Campaign = by_name_or_id(explainable(), self.cleaned_data["campaign"], "campaign")
        return found


def why_page(model_admin: AnyModelAdmin, request: HttpRequest) -> HttpResponse:
    if request.method not in READS:
        return HttpResponseNotAllowed(READS)
    require(request, VIEW_GRANTS)
    require(request, VIEW)
    form = asked(CampaignWhyForm, request, needed="campaign")
    answer = _answer(form) if form.is_bound and form.is_valid() else None
    offer_names(form, "campaign")
    return rendered(model_admin, request, form, answer, tab="campaign", named=Campaign.objects.all())


def _answer(form: forms.Form) -> Answer | None:
    campaign, player = form.cleaned_data["campaign"], form.cleaned_data["player"]
    try:
        found = explain_campaign(campaign=campaign, player_id=player.pk)
    except DomainError as error:
        form.add_error("campaign", error.message)
        return None
    refusal = first_refusal([*found.audience, *found.decision, *found.checks])
    return Answer(
        about=(link(campaign), link(player)),
        is_good=refusal is None,
        verdict=_verdict(found, refusal),
        sections=[section for section in _sections(found) if section.lines],
        tables=[grants_table(found.grants)],
    )


def _verdict(found: CampaignExplanation, refusal: Finding | None) -> str:
    if refusal:
        return refusal.words or SKIPPED_FOR.get(refusal.code, refusal.code)
    if found.decision:
        return found.decision[0].words
    return "Nothing stands in the way: were the campaign issued now, the player would be given the bonus."


def _sections(found: CampaignExplanation) -> Iterable[Section]:
    yield Section("Is the player in the audience?", lines(found.audience, WORDS))
    yield Section("The segment’s rules, and the player’s values now", [_rule(one) for one in found.rules])
    yield Section("What became of the player", lines(found.decision, WORDS))
    yield Section("As things stand now", lines(found.checks, WORDS))


def _rule(one: RuleFinding) -> Line:
    outcome = Outcome.PASSED if one.is_true else Outcome.REFUSED
    said = "true" if one.is_true else "false"
    value: Any = f"the player’s: {one.value}" if one.value else ""
    return Line(ICONS[outcome], outcome.value, one.words, "", "", value, min(one.depth, DEEPEST), said)
