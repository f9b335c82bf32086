"""Rows as the API shows them, from the values the database gives."""

from typing import Any

from bonuses.money import MAX_MINOR
from campaigns.api.approvals import approval_in
from campaigns.stats import stats_in

Row = dict[str, Any]

CAMPAIGN_COLUMNS = (
    "id",
    "name",
    "segment_id",
    "template_id",
    "status",
    "status_reason",
    "scheduled_at",
    "deposit_amount",
    "currency_override",
    "budget_amount",
    "holdout_percent",
    "holdout_count",
    "issued_at",
    "finished_at",
    "created_at",
    "updated_at",
)
RECIPIENT_COLUMNS = ("number", "player_id", "player__external_id", "status", "reason", "message", "grant_id")


def campaign_row(found: Row) -> Row:
    return {
        **found,
        "status_reason": found["status_reason"] or None,
        "currency_override": found["currency_override"] or None,
        "stats": stats_in(found["stats"]),
        "approval": approval_in(found["approval"]),
    }


def recipient_row(found: Row) -> Row:
    return {
        "player_id": found["player_id"],
        "external_id": found["player__external_id"],
        "status": found["status"],
        "reason": found["reason"] or None,
        "message": found["message"] or None,
        "grant_id": found["grant_id"],
    }


def preview_row(found: Row) -> Row:
    return {
        **found,
        # All together may be worth more than a number of JSON holds.
        "expected_cost": min(found["expected_cost"], MAX_MINOR),
        "worst_cost": min(found["worst_cost"], MAX_MINOR),
        "sample": [
            {**player, "reason": player["reason"] or None, "message": player["message"] or None}
            for player in found["sample"]
        ],
    }
