"""What the platform reports, for tests: as a body, as a call of the service, and as a signed request."""

import base64
import hmac
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Model
from django.test import Client
from django.utils import timezone

from bonuses.lifecycle import Cause, CauseKind, Status
from bonuses.models import Bet, BonusTemplate, Drift, Grant, GrantTransition, Player
from bonuses.services.issue import IssueRequest, promise
from bonuses.services.platform_event import Received, receive
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from integrations.models import OutgoingEvent
from integrations.signatures import sign

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""The platform's time of a report unless a test says otherwise."""
SECRET = "webhook-secret-for-tests"
TEST_CAUSE = Cause(CauseKind.API, actor="tester")


def promised(
    *,
    player: Player | None = None,
    template: BonusTemplate | None = None,
    deposit: int | None = None,
    currency: str | None = None,
    **template_fields: Any,
) -> Grant:
    """A grant as the service commits it before the platform is called."""
    AdapterFactory()
    template = template or TemplateFactory(**template_fields)
    request = IssueRequest(
        template_id=template.pk,
        player_id=(player or PlayerFactory()).pk,
        granted_by_kind="api",
        deposit_amount=deposit,
        currency_override=currency,
    )
    return promise(request=request, cause=TEST_CAUSE)[0]


def credited(**fields: Any) -> Grant:
    """The same, after the platform's `bonus.credited`."""
    grant = promised(**fields)
    deliver(grant, "bonus.credited")
    return current(grant)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def report(
    grant: Grant | uuid.UUID,
    event: str,
    data: dict[str, Any] | None = None,
    *,
    ts: datetime = NOON,
    event_id: str | None = None,
    **more: Any,
) -> bytes:
    fields = {
        "event": event,
        "event_id": event_id or str(uuid.uuid4()),
        "ts": ts.isoformat(),
        "grant_id": str(grant.pk if isinstance(grant, Grant) else grant),
        "data": data,
        **more,
    }
    return json.dumps(fields).encode()


def deliver(grant: Grant, event: str, data: dict[str, Any] | None = None, **more: Any) -> Received:
    return receive(adapter=grant.adapter, body=report(grant, event, data, **more), headers={})


def bet(grant: Grant, amount: int, *, category: str = "slots", ts: datetime = NOON, **data: Any) -> Received:
    return deliver(grant, "bonus.wagered", {"bet_amount": amount, "game_category": category, **data}, ts=ts)


def ucrm_headers(body: bytes, *, secret: str = SECRET, when: datetime | None = None) -> dict[str, str]:
    seconds = int((when or timezone.now()).timestamp())
    return {"X-UCRM-Timestamp": str(seconds), "X-UCRM-Signature": sign(secret, seconds, body)}


def standard_headers(
    body: bytes, *, key: bytes, when: datetime | None = None, message_id: str = "msg_1"
) -> dict[str, str]:
    seconds = int((when or timezone.now()).timestamp())
    digest = hmac.digest(key, f"{message_id}.{seconds}.".encode() + body, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def post(
    client: Client,
    body: bytes,
    *,
    slug: str = "acme",
    headers: dict[str, str] | None = None,
    extra: dict[str, str] | None = None,
) -> Any:
    """A request signed as the platform `acme` does it, unless other `headers` are given."""
    signed = ucrm_headers(body) if headers is None else headers
    return client.post(
        f"/v1/adapters/{slug}/webhooks/bonus-events",
        data=body,
        content_type="application/json",
        headers={**signed, **(extra or {})},
    )


def current(grant: Grant) -> Grant:
    return Grant.objects.select_related("revision", "player", "adapter").get(pk=grant.pk)


def status_of(grant: Grant) -> Status:
    return current(grant).state


def life_of(grant: Grant) -> list[str]:
    """Every status the grant has had, in order; the transitions must be numbered without a gap and fit together."""
    steps = list(GrantTransition.objects.filter(grant=grant).order_by("seq"))
    assert [step.seq for step in steps] == list(range(1, len(steps) + 1))
    assert [step.from_status for step in steps] == ["", *(step.to_status for step in steps[:-1])]
    assert current(grant).transition_count == len(steps)
    return [step.to_status for step in steps]


def told(grant: Grant) -> list[str]:
    """The keys of the grant's outgoing events, oldest first."""
    return list(OutgoingEvent.objects.filter(grant_id=grant.pk).order_by("id").values_list("key", flat=True))


def payloads(grant: Grant) -> list[dict[str, Any]]:
    bodies = OutgoingEvent.objects.filter(grant_id=grant.pk).order_by("id").values_list("body", flat=True)
    return [json.loads(body) for body in bodies]


def drifts(grant: Grant) -> list[tuple[str, str, str]]:
    return list(Drift.objects.filter(grant=grant).order_by("id").values_list("kind", "ours", "theirs"))


def everything() -> dict[str, list[dict[str, Any]]]:
    """All that a report may change, for `assert everything() == before`."""
    models: tuple[type[Model], ...] = (Grant, GrantTransition, Bet, Drift, OutgoingEvent)
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
