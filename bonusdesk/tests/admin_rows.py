"""Rows for every page of the admin, enough of each kind and different enough that a page which asks once a row shows.

Each function makes rows of one model and returns the one whose page is looked at.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.utils import timezone

from bonuses.models import Drift, Grant, GrantTransition, Stop
from bonuses.models.cancel_job import CancelItem, CancelJob
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory, list_of
from integrations.models import ExchangeRate, OutgoingEvent, SinkState, WebhookDelivery

MANY = 12
SINKS = ("file", "kafka", "rabbitmq", "rest")
ENDED_WELL = ("granted", "granted", "skipped", "failed", "pending")


def event(*, sink: str, grant_id: uuid.UUID | None = None, **fields: Any) -> OutgoingEvent:
    return OutgoingEvent.objects.create(
        sink=sink,
        event_id=uuid.uuid4(),
        key=f"0:{uuid.uuid4()}",
        kind="BONUS",
        status="Created",
        grant_id=grant_id or uuid.uuid4(),
        user_id="player-1",
        body="{}",
        **fields,
    )


def delivery(number: int = 0, **fields: Any) -> WebhookDelivery:
    adapter = AdapterFactory(slug=f"platform-{number}", is_default=False)
    key = str(uuid.uuid4())
    return WebhookDelivery.objects.create(
        adapter=adapter, event_id=key, dedup_key=key, event="bonus_completed", body="{}", outcome="applied", **fields
    )


def grants() -> Grant:
    made = [GrantFactory(adapter=AdapterFactory(slug=f"platform-{number % 4}")) for number in range(MANY)]
    looked_at: Grant = made[0]
    for number in range(MANY):
        received = delivery(number % 4, grant_id=looked_at.pk)
        GrantTransition.objects.create(
            grant=looked_at,
            seq=number,
            to_status="active",
            at=timezone.now(),
            cause="webhook",
            webhook_id=received.pk,
            amounts={"amount": 1000},
        )
        event(sink=SINKS[number % 4], grant_id=looked_at.pk)
    Drift.objects.create(grant=looked_at, kind="status")
    return looked_at


def players() -> Any:
    player, *_ = PlayerFactory.create_batch(MANY)
    for _ in range(MANY):
        GrantFactory(player=player)
    return player


def templates() -> Any:
    template, *_ = TemplateFactory.create_batch(MANY)
    GrantFactory.create_batch(MANY, template=template)
    return template


def drifts() -> Any:
    made = [Drift.objects.create(grant=GrantFactory(), kind="status") for _ in range(MANY)]
    return made[0]


def stops() -> Any:
    made = [
        Stop.objects.create(
            key=f"template:{number}", scope="template", target=TemplateFactory().pk, reason="x", set_by="y"
        )
        for number in range(MANY)
    ]
    return made[0]


def adapters() -> Any:
    made = [AdapterFactory(slug=f"platform-{number}", is_default=False) for number in range(MANY)]
    return made[0]


def deliveries() -> Any:
    made = [delivery(number, grant_id=GrantFactory().pk) for number in range(MANY)]
    return made[0]


def events() -> Any:
    sinks()
    return OutgoingEvent.objects.first()


def sinks() -> Any:
    for sink in SINKS:
        for _ in range(MANY):
            held = event(sink=sink, parked_at=timezone.now(), last_error="400")
            event(sink=sink, grant_id=held.grant_id)
        flying = [event(sink=sink).pk for _ in range(3)]
        SinkState.objects.create(
            sink=sink,
            in_flight={"ids": flying, "mark": {}},
            in_flight_since=timezone.now(),
            halted_at=timezone.now(),
            halt_reason="It is not known what became of it.",
        )
    return SinkState.objects.get(sink=SINKS[0])


def rates() -> Any:
    now = timezone.now()
    made = [
        ExchangeRate(base="EUR", quote="USD", rate="1.1", valid_from=now - timedelta(days=back), source=f"s{back}")
        for back in range(MANY)
    ]
    ExchangeRate.objects.bulk_create(made)
    return made[0]


def campaigns() -> Any:
    made = []
    for _ in range(MANY):
        campaign = begun(snapshot_at=timezone.now(), audience_count=len(ENDED_WELL), budget_amount=100_000)
        with_recipients(campaign, ENDED_WELL)
        CampaignFactory()
        made.append(campaign)
    return made[0]


def segments() -> Any:
    made = [list_of(PlayerFactory.create_batch(MANY)) for _ in range(MANY)]
    for _ in range(MANY):
        CampaignFactory(segment=made[0])
    return made[0]


def recipients() -> Any:
    made = [with_recipients(begun(), ENDED_WELL) for _ in range(MANY)]
    return made[0][0]


def cancellations() -> Any:
    made = [CancelJob.objects.create(created_by="olga", status="running", total=MANY) for _ in range(MANY)]
    for _ in range(MANY):
        CancelItem.objects.create(job=made[0], grant=GrantFactory(), outcome="cancelled")
    return made[0]


def users() -> Any:
    made = [User.objects.create_user(f"user-{number}", is_staff=True) for number in range(MANY)]
    for user in made:
        user.groups.set(Group.objects.all())
    return made[0]


def failed_logins() -> Any:
    made = [
        AccessAttempt.objects.create(username=f"user-{number}", ip_address="127.0.0.1", failures_since_start=1)
        for number in range(MANY)
    ]
    return made[0]


MAKE: dict[str, Callable[[], Any]] = {
    "auth.group": lambda: Group.objects.get(name="admin"),
    "auth.user": users,
    "axes.accessattempt": failed_logins,
    "bonuses.bonustemplate": templates,
    "bonuses.canceljob": cancellations,
    "bonuses.drift": drifts,
    "bonuses.grant": grants,
    "bonuses.player": players,
    "bonuses.stop": stops,
    "campaigns.campaign": campaigns,
    "campaigns.recipient": recipients,
    "campaigns.segment": segments,
    "integrations.adapter": adapters,
    "integrations.exchangerate": rates,
    "integrations.outgoingevent": events,
    "integrations.sinkstate": sinks,
    "integrations.webhookdelivery": deliveries,
}
"""By the model's label. A page that is new is named here, or its test fails."""
