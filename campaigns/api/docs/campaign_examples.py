"""One campaign, from its draft to its end."""

from typing import Any

from bonuses.api.docs.examples import GRANT_ID, NOON, PLAYER_ID, TEMPLATE_ID

CAMPAIGN_ID = "0194b8f3-4d21-7e44-b833-4c5d6e7f8093"
SEGMENT_ID = "0194b8f3-1b0e-7a55-9c44-5d6e7f809104"

NEW_CAMPAIGN: dict[str, Any] = {
    "name": "January reload",
    "segment_id": SEGMENT_ID,
    "template_id": TEMPLATE_ID,
    "deposit_amount": 10000,
    "budget_amount": 50000000,
    "holdout_percent": 10,
}
DRAFT: dict[str, Any] = {
    "id": CAMPAIGN_ID,
    "name": "January reload",
    "segment_id": SEGMENT_ID,
    "template_id": TEMPLATE_ID,
    "status": "draft",
    "status_reason": None,
    "scheduled_at": None,
    "deposit_amount": 10000,
    "currency_override": None,
    "budget_amount": 50000000,
    "holdout_percent": 10,
    "stats": {"pending": 0, "granted": 0, "skipped": 0, "failed": 0},
    "approval": None,
    "holdout_count": None,
    "issued_at": None,
    "finished_at": None,
    "created_at": "2025-01-31T11:30:00Z",
    "updated_at": "2025-01-31T11:30:00Z",
}
SCHEDULED: dict[str, Any] = {**DRAFT, "status": "scheduled", "scheduled_at": NOON}
APPROVE: dict[str, Any] = {
    "hash": "5f1d7a84db00d2fce00b31a7fc73224f1d2c3b4a5968778695a4b3c2d1e0f9a8",
    "cost": 50000000,
}
APPROVED: dict[str, Any] = {
    **DRAFT,
    "approval": {"decision": "approved", "by": "olga", "at": "2025-01-31T11:45:00Z", **APPROVE},
}
ISSUING: dict[str, Any] = {
    **APPROVED,
    "status": "issuing",
    "stats": {"pending": 3100, "granted": 5420, "skipped": 460, "failed": 20},
    "holdout_count": 1003,
    "issued_at": NOON,
    "updated_at": NOON,
}
PAUSED: dict[str, Any] = {**ISSUING, "status": "paused", "status_reason": "BUDGET_EXHAUSTED"}
CANCELLED: dict[str, Any] = {**ISSUING, "status": "cancelled"}

RECIPIENT: dict[str, Any] = {
    "player_id": PLAYER_ID,
    "external_id": "player-4711",
    "status": "granted",
    "reason": None,
    "message": None,
    "grant_id": GRANT_ID,
}
PREVIEW: dict[str, Any] = {
    "audience": 9000,
    "exclusions": {"PLAYER_BLOCKED": 310, "LIVE_GRANT": 150},
    "expected_cost": 50000000,
    "worst_cost": 854000000,
    "currency": "EUR",
    "sample": [
        {
            "player_id": PLAYER_ID,
            "external_id": "player-4711",
            "status": "granted",
            "reason": None,
            "message": None,
            "amount": 10000,
            "currency": "EUR",
        }
    ],
}
