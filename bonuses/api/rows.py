"""Rows as the API shows them, from the values the database gives. No field is looked up per row."""

from decimal import Decimal
from operator import attrgetter
from typing import Any

from bonuses.models import Grant
from bonuses.services.terms_revision import TERMS_FIELDS

Row = dict[str, Any]

TEMPLATE_COLUMNS = ("id", "name", "status", *TERMS_FIELDS, "created_at", "updated_at")
PLAYER_COLUMNS = (
    "id",
    "external_id",
    "currency",
    "origin",
    "status",
    "country",
    "total_deposited",
    "net_loss",
    "attributes",
    "created_at",
    "updated_at",
)
GRANT_COLUMNS = (
    "id",
    "template_id",
    "player_id",
    "campaign_id",
    "status",
    "amount",
    "currency",
    "deposit_amount",
    "wagering_required",
    "progress_hundredths",
    "locked_amount",
    "bonus_turned_real",
    "exchange_rate",
    "adapter__slug",
    "platform_bonus_id",
    "granted_by_kind",
    "granted_by_id",
    "revision__terms",
    "failure_code",
    "failure_message",
    "meta",
    "fasttrack_references",
    "created_at",
    "activated_at",
    "expires_at",
    "ended_at",
    "updated_at",
)
TRANSITION_COLUMNS = ("seq", "from_status", "to_status", "at", "cause", "actor", "webhook_id", "reason", "amounts")


def values_of(grant: Grant) -> Row:
    """What the database gives for GRANT_COLUMNS, without asking it for what we hold already."""
    return {column: attrgetter(column.replace("__", "."))(grant) for column in GRANT_COLUMNS}


def template_row(found: Row) -> Row:
    return {
        **found,
        "bonus_code": found["bonus_code"] or None,
        "wagering_requirement_multiplier": number(found["wagering_requirement_multiplier"]),
        "fasttrack_type": found["fasttrack_type"] or None,
    }


def player_row(found: Row) -> Row:
    return {**found, "country": found["country"] or None}


def grant_row(found: Row) -> Row:
    return {
        "id": found["id"],
        "template_id": found["template_id"],
        "player_id": found["player_id"],
        "campaign_id": found["campaign_id"],
        "status": found["status"],
        "amount": found["amount"],
        "currency": found["currency"],
        "deposit_amount": found["deposit_amount"],
        "wagering_required": found["wagering_required"],
        "wagering_progress": found["progress_hundredths"] // 100,
        "locked_amount": found["locked_amount"],
        "bonus_turned_real": found["bonus_turned_real"],
        "exchange_rate": decimal_text(found["exchange_rate"]),
        "adapter": found["adapter__slug"],
        "platform_bonus_id": found["platform_bonus_id"] or None,
        "granted_by_kind": found["granted_by_kind"],
        "granted_by_id": found["granted_by_id"],
        "terms": found["revision__terms"],
        "failure": failure(found["failure_code"], found["failure_message"]),
        "meta": found["meta"],
        "fasttrack_references": found["fasttrack_references"],
        "created_at": found["created_at"],
        "activated_at": found["activated_at"],
        "expires_at": found["expires_at"],
        "ended_at": found["ended_at"],
        "updated_at": found["updated_at"],
    }


def transition_row(found: Row) -> Row:
    return {
        "seq": found["seq"],
        "from": found["from_status"] or None,
        "to": found["to_status"],
        "at": found["at"],
        "cause": found["cause"],
        "actor": found["actor"] or None,
        "webhook_id": found["webhook_id"],
        "reason": found["reason"] or None,
        "amounts": found["amounts"],
    }


def failure(code: str, message: str) -> Row | None:
    return {"code": code, "message": message} if code else None


def number(value: Decimal) -> int | float:
    """A JSON number: 30 stays 30, 2.5 stays 2.5."""
    return int(value) if value == value.to_integral_value() else float(value)


def decimal_text(value: Decimal) -> str:
    """Without an exponent and without the zeros that only fill the column."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
