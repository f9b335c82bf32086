"""The lists on a campaign's page and on its preview."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.utils.html import format_html

from bonuses.money import display
from campaigns.admin.campaign_status import recipients_url
from campaigns.admin.kept import keep, recall
from campaigns.admin.words import SKIPPED_FOR, reason_in_words
from campaigns.lifecycle import Outcome
from campaigns.models import Campaign, Recipient
from integrations.admin.common import Table, link_to

REASONS_SHOWN = 50
LARGE = 20_000
"""Recipients of a campaign whose reasons are not counted anew for each look."""
KEPT_SECONDS = 60


def why_not(campaign: Campaign, *, links: bool) -> Table:
    """The reasons of those who were given nothing, the most frequent first."""
    rows = _reasons(campaign)
    return Table(
        "Why some were given nothing",
        ("What became of them", "Reason", "Players"),
        ((row["status"], reason_in_words(row["reason"]), _players(campaign, row, links=links)) for row in rows),
        empty="Nobody so far.",
    )


def _reasons(campaign: Campaign) -> list[dict[str, Any]]:
    """Of a large campaign as they were a moment ago."""
    key, is_large = f"campaign-reasons:{campaign.pk}", (campaign.audience_count or 0) > LARGE
    kept: list[dict[str, Any]] | None = recall(key) if is_large else None
    if kept is not None:
        return kept
    without = Recipient.objects.filter(campaign=campaign, status__in=(Outcome.SKIPPED, Outcome.FAILED))
    counted = without.order_by().values("status", "reason").annotate(players=Count("pk"))
    found = list(counted.order_by("-players", "status", "reason")[:REASONS_SHOWN])
    if is_large:
        keep(key, found, seconds=KEPT_SECONDS)
    return found


def _players(campaign: Campaign, row: Mapping[str, Any], *, links: bool) -> str:
    shown = f"{row['players']:,}"
    if not links:
        return shown
    url = recipients_url(campaign, status=row["status"], reason=row["reason"])
    return format_html('<a href="{}">{}</a>', url, shown)


def numbers(preview: Mapping[str, Any]) -> Table:
    currency = preview["currency"]
    excluded = sum(preview["exclusions"].values())
    return Table(
        "What it would come to now",
        ("What", "How much"),
        (
            ("Audience", f"{preview['audience']:,}"),
            ("Would be given the bonus", f"{preview['audience'] - excluded:,}"),
            ("Would be skipped", f"{excluded:,}"),
            ("Expected cost, at face value and within the budget", display(preview["expected_cost"], currency)),
            ("Worst cost: the most that can become real money", display(preview["worst_cost"], currency)),
        ),
    )


def exclusions(preview: Mapping[str, Any]) -> Table:
    most_first = sorted(preview["exclusions"].items(), key=lambda item: (-item[1], item[0]))
    return Table(
        "Who would be skipped",
        ("Reason", "Code", "Players"),
        ((SKIPPED_FOR.get(code, code), code, f"{count:,}") for code, count in most_first),
        empty="Nobody.",
    )


def sample(preview: Mapping[str, Any]) -> Table:
    return Table(
        "Some of the audience",
        ("Player", "Would be", "Amount", "Why"),
        (
            (
                link_to("bonuses_player", player["player_id"], player["external_id"]),
                player["status"],
                "-" if player["amount"] is None else display(player["amount"], player["currency"]),
                player["message"] or "-",
            )
            for player in preview["sample"]
        ),
        empty="Nobody is in the audience.",
    )
