"""What codes mean, for people."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

SKIPPED_FOR = {
    "PLAYER_BLOCKED": "The player is blocked",
    "BONUS_NOT_ELIGIBLE": "Not eligible under the terms",
    "EXCHANGE_RATE_MISSING": "There is no exchange rate for the currency",
    "BONUS_DEPOSIT_AMOUNT_REQUIRED": "The campaign names no deposit",
    "ADAPTER_NOT_CONFIGURED": "No platform serves the player's brand",
    "ADAPTER_CAPABILITY_MISSING": "The platform can't give this type of bonus",
    "LIVE_GRANT": "Holds a live grant of this template",
    "BONUS_GRANT_LIMIT_REACHED": "Has had as many as the terms allow",
    "CAMPAIGN_CANCELLED": "The campaign was cancelled first",
    "GRANT_CANCELLED": "The grant was cancelled before it was given",
}
PAUSED_FOR = {
    "BUDGET_EXHAUSTED": "The budget is used up. Raise it, then resume.",
    "TEMPLATE_PAUSED": "The bonus template was paused. Activate it, then resume.",
    "TEMPLATE_ARCHIVED": "The bonus template was archived.",
    "ADAPTER_PAUSED": "The platform is switched off for now.",
    "APPROVAL_REQUIRED": "It needs an approval before it gives anything.",
    "ISSUING_STOPPED": "A kill switch was used.",
}


def reason_in_words(code: str, message: str = "") -> str | SafeString:
    """A failure's code is the platform's own, and means what the platform says."""
    if code in SKIPPED_FOR:
        return format_html('<span title="{}">{}</span>', code, message or SKIPPED_FOR[code])
    return ": ".join(part for part in (code, message) if part) or "-"


def status_reason_in_words(reason: str) -> str:
    """`ADAPTER_PAUSED: acme` and its like; what a person gave as the reason stays as it is."""
    code, _, detail = reason.partition(": ")
    if code not in PAUSED_FOR:
        return reason
    return f"{PAUSED_FOR[code]} ({detail})" if detail else PAUSED_FOR[code]
