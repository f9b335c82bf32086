"""What a refused call must look like, and what it must have left as it was."""

from typing import Any

from django.db import models

from bonuses.models import BonusTemplate, Grant, GrantTransition, Player, TermsRevision
from campaigns.models import Campaign, Chunk, Recipient, Segment, SegmentMember
from integrations.models import OutgoingEvent, WebhookDelivery

TABLES: tuple[type[models.Model], ...] = (
    BonusTemplate,
    TermsRevision,
    Player,
    Grant,
    GrantTransition,
    Segment,
    SegmentMember,
    Campaign,
    Chunk,
    Recipient,
    OutgoingEvent,
    WebhookDelivery,
)


def everything() -> list[list[dict[str, Any]]]:
    """All rows of the domain, to compare before and after."""
    return [list(table._default_manager.order_by("pk").values()) for table in TABLES]


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """Asserts status, code and shape; returns the details."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    return envelope(response.json(), code)


def envelope(body: Any, code: str) -> dict[str, Any]:
    assert set(body) == {"error"}
    error = body["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "details"}
    assert error["code"] == code, error
    assert error["message"]
    assert error.get("details") != {}
    details: dict[str, Any] = error.get("details", {})
    return details
