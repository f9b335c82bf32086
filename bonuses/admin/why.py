"""“Why?”: what stands between a player and a bonus. Asked by a GET, since nothing is changed."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from bonuses.admin.money_fields import Money, read_money, show_currency
from bonuses.admin.why_words import TITLES
from bonuses.models import BonusTemplate, Grant, Player
from bonuses.money import display
from bonuses.services.checks import Finding, first_refusal
from bonuses.services.explain import explain, grants_of
from bonuses.services.explain_numbers import standing
from integrations.admin.common import AnyModelAdmin, Table, as_uuid, link, when
from integrations.admin.pages import require

VIEW_GRANTS = "bonuses.view_grant"
NAMES_OFFERED = 100
READS = ("GET", "HEAD")
ICONS = {"passed": "✓", "refused": "✕", "noted": "i", "not reached": "–"}


class WhyForm(forms.Form):
    player = forms.CharField(max_length=200, help_text="External id, or id.")

    def clean_player(self) -> Player:
        """An external id that looks like another player's id is still an external id."""
        text = self.cleaned_data["player"]
        found = list(Player.objects.filter(Q(external_id=text) | Q(pk=as_uuid(text) or uuid.UUID(int=0))))
        if not found:
            raise forms.ValidationError(f"There is no player “{text}”.")
        return next((player for player in found if player.external_id == text), found[0])


class TemplateWhyForm(WhyForm):
    template = forms.CharField(max_length=200, help_text="Name, or id.")
    deposit = Money(help_text="For deposit match and reload, in the template's currency, such as 50.00.")

    def clean_template(self) -> BonusTemplate:
        found: BonusTemplate = by_name_or_id(BonusTemplate.objects.all(), self.cleaned_data["template"], "template")
        return found

    def clean(self) -> dict[str, Any]:
        template = self.cleaned_data.get("template")
        currency = template.config["currency"] if template else None
        show_currency(self, "deposit", currency)
        read_money(self, "deposit", currency)
        return self.cleaned_data


@dataclass(frozen=True, slots=True)
class Line:
    """A finding as it is shown."""

    icon: str
    outcome: str
    title: str
    words: str
    code: str = ""
    numbers: str = ""
    depth: int = 0
    said: str = ""
    """Instead of the outcome's own word."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: Sequence[Line]


@dataclass(slots=True)
class Answer:
    """What the page says below its form."""

    about: Any
    is_good: bool
    verdict: str
    sections: list[Section]
    tables: list[Table] = field(default_factory=list)


def why_page(model_admin: AnyModelAdmin, request: HttpRequest) -> HttpResponse:
    if request.method not in READS:
        return HttpResponseNotAllowed(READS)
    require(request, VIEW_GRANTS)
    form = asked(TemplateWhyForm, request, needed="template")
    answer = _answer(form.cleaned_data) if form.is_bound and form.is_valid() else None
    offer_names(form, "template")
    return rendered(model_admin, request, form, answer, tab="template", named=BonusTemplate.objects.all())


def asked(form: type[WhyForm], request: HttpRequest, *, needed: str) -> WhyForm:
    """Bound once both are there; a link from a player or a template fills in the one that it knows."""
    if "player" in request.GET and needed in request.GET:
        return form(request.GET)
    return form(initial=request.GET.dict())


def offer_names(form: forms.Form, name: str) -> None:
    form.fields[name].widget.attrs |= {"list": "names", "class": "vTextField"}


def by_name_or_id(rows: QuerySet[Any], text: str, noun: str) -> Any:
    found: list[Model] = list(rows.filter(Q(name=text) | Q(pk=as_uuid(text) or uuid.UUID(int=0)))[:2])
    if not found:
        raise forms.ValidationError(f"There is no {noun} “{text}”.")
    if len(found) > 1:
        raise forms.ValidationError(f"There are several with this name; give the {noun}’s id.")
    return found[0]


def lines(findings: Iterable[Finding], titles: Mapping[str, str] = TITLES) -> list[Line]:
    return [
        Line(ICONS[one.outcome], one.outcome.value, titles[one.name], one.words, one.code, one.numbers)
        for one in findings
    ]


def grants_table(grants: Iterable[Grant]) -> Table:
    return Table(
        "Grants of this player and template, newest first",
        ("Grant", "Status", "Amount", "Made", "By", "What is known"),
        (
            (
                link(grant, str(grant.pk)[-12:]),
                grant.status,
                display(grant.amount, grant.currency),
                when(grant.created_at),
                grant.get_granted_by_kind_display(),
                standing(grant) or "-",
            )
            for grant in grants
        ),
        empty="None so far.",
    )


def rendered(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    form: forms.Form,
    answer: Answer | None,
    *,
    tab: str,
    named: QuerySet[Any],
) -> HttpResponse:
    # Suggested to who begins; the statement is better spent on an answer.
    names = [] if answer else named.values_list("name", flat=True)[:NAMES_OFFERED]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Why?",
        "form": form,
        "answer": answer,
        "tables": answer.tables if answer else [],
        "tab": tab,
        "names": list(dict.fromkeys(names)),
        "player": request.GET.get("player", ""),
    }
    return TemplateResponse(request, "admin/bonuses/why.html", context)


def _answer(given: dict[str, Any]) -> Answer:
    player, template = given["player"], given["template"]
    findings = explain(template_id=template.pk, player_id=player.pk, deposit=given["deposit"])
    refusal = first_refusal(findings)
    return Answer(
        about=(link(template), link(player)),
        is_good=refusal is None,
        verdict=refusal.words if refusal else "Nothing stands in the way: asked for now, the bonus would be given.",
        sections=[Section("If it were asked for now", lines(findings))],
        tables=[grants_table(grants_of(player_id=player.pk, template_id=template.pk))],
    )
