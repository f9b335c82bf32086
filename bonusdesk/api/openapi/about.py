"""What the document says at its beginning; the settings of its generator."""

from typing import Any

DESCRIPTION = """\
The bonus back office: templates, grants, campaigns, segments and players.

**Conventions.** JSON in and out, UTF-8. Success is `{"data": …}`; lists are `{"data": [ … ], "meta": {"count": …, \
"next_cursor": …}}`; an error is `{"error": {"code", "message", "details"}}`, on every path under `/v1/`, `details` \
left out when empty. Ids are UUIDs, times RFC 3339 in UTC with `Z`. Money is an integer in the currency's minor unit \
(20000 EUR is €200.00), at most 2^53 - 1; integers are written without a fraction. Percentages and multipliers are \
numbers, `exchange_rate` is a decimal string. Unknown fields in a body are refused.

**Pages.** `?cursor=&limit=`, newest first; rows that are inserted meanwhile neither repeat nor hide a row. A filter \
that can't be used is refused, never ignored, and so is a parameter that is given twice; an empty one does not filter.

**Idempotency.** `Idempotency-Key` is honoured on every POST that changes something. A replay with the same method, \
path and body does nothing again and returns the outcome with `Idempotent-Replayed: true`. Keys are kept for 24 hours, \
per caller. Without a key, a POST that is repeated after a 503 may grant twice.

**Limits.** 100 requests a second for a person, 1,000 for another server, unless the operator has set others; then 429 \
with `Retry-After`.
"""

SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Bonuses API",
    "VERSION": "1.0.0",
    "DESCRIPTION": DESCRIPTION,
    "SCHEMA_PATH_PREFIX": "/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": ["bonusdesk.api.openapi.document.add_components"],
    "TAGS": [
        {"name": "Bonus templates", "description": "What an operator offers."},
        {"name": "Bonus grants", "description": "Bonuses that were given to players."},
        {"name": "Campaigns", "description": "A bonus for a whole segment."},
        {"name": "Segments", "description": "Sets of players, by rules or as fixed lists."},
        {"name": "Players", "description": "Players as the operator's systems describe them."},
        {"name": "Webhooks", "description": "What platforms report to us."},
    ],
}
