"""What is approved, and what was decided so far: the lists on a campaign's pages."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bonuses.admin.facts import fact
from bonuses.money import display
from campaigns.admin.campaign_form import currency_of
from campaigns.admin.rules.words import in_words
from campaigns.approvals.review import Review, revision_of
from campaigns.models import Approval, Campaign
from campaigns.models.segment import SegmentKind
from integrations.admin.common import Table, link, when

DECISIONS_SHOWN = 50


def what_it_comes_to(review: Review) -> Table:
    return Table(
        "What it comes to",
        ("What", "How much"),
        (
            ("Audience", f"{review.audience:,}"),
            ("Cost, at face value and within the budget", _base(review.cost)),
            ("Worst cost: the most that can become real money", _base(review.worst_cost)),
        ),
    )


def how_it_is_given(campaign: Campaign) -> Table:
    planned = f"{when(campaign.scheduled_at)} UTC" if campaign.scheduled_at else "By hand"
    deposit, currency = campaign.deposit_amount, currency_of(campaign) or settings.BASE_CURRENCY
    return Table(
        "How it is given",
        ("What", "How"),
        (
            ("Begins", planned),
            ("Segment", _segment(campaign)),
            ("Held out", f"{campaign.holdout_percent} %"),
            ("Currency", currency),
            ("Deposit", "-" if deposit is None else display(deposit, currency)),
            ("Budget", "No limit" if campaign.budget_amount is None else _base(campaign.budget_amount)),
            ("Made by", f"{campaign.created_by or '-'}, {when(campaign.created_at)}"),
            ("Changed last by", campaign.edited_by or "-"),
        ),
    )


def terms(campaign: Campaign) -> Table:
    """Of the revision that is given; amounts in the currency they were written in."""
    revision = revision_of(campaign)
    title = f"Terms: {campaign.template}, {revision}"
    return Table(title, ("Term", "Value"), _flat(revision.terms, str(revision.terms["config"]["currency"])))


def history(campaign: Campaign) -> Table:
    decided = Approval.objects.filter(campaign=campaign)[:DECISIONS_SHOWN]
    return Table(
        "Approvals",
        ("When", "Decision", "By", "Audience", "Cost", "Worst cost", "Of what was shown as"),
        (
            (
                when(row.at),
                row.get_decision_display(),
                row.by,
                f"{row.audience:,}",
                _base(row.cost),
                _base(row.worst_cost),
                row.hash[:12],
            )
            for row in decided
        ),
        empty="Nobody has decided anything yet.",
    )


def _segment(campaign: Campaign) -> SafeString:
    segment = campaign.segment
    if segment.kind == SegmentKind.LIST:
        return link(segment, f"{segment}, a fixed list")
    return format_html("{}{}", link(segment), in_words(segment.rules))


def _flat(values: dict[str, Any], currency: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = key.replace("_", " ").capitalize()
        if isinstance(value, dict):
            yield from ((f"{name}: {inner.lower()}", shown) for inner, shown in _flat(value, currency))
        elif isinstance(value, list) and value:
            yield name, ", ".join(map(str, value))
        else:
            yield name, fact(key, value, currency)


def _base(amount: int) -> str:
    return display(amount, settings.BASE_CURRENCY)
