"""Reports that overtook others: kept until what they build on has arrived, then applied in the platform's order.

A reversal waits for the ending that it takes back; an ending that came after a reversal waits for that one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from bonuses.lifecycle import ENDINGS, Cause, CauseKind
from bonuses.models import Grant
from bonuses.services.platform_effects import take_effect
from bonuses.services.transition import Change
from bonuses.webhook_events import PlatformEvent, parse
from integrations.models import DeliveryOutcome, WebhookDelivery

REVERSED = "bonus.reversed"
ENDS = frozenset(f"bonus.{ending}" for ending in ENDINGS)
TURNS = ENDS | {REVERSED, "bonus.spins_completed"}
"""Events with which one life of a grant may end or the next begin: what has waited may follow them."""

Kept = list[tuple[PlatformEvent, WebhookDelivery]]


def take_in_turn(change: Change, event: PlatformEvent, delivery: WebhookDelivery) -> DeliveryOutcome:
    """Apply an event, or find that it is early; after it whatever had waited for it. The caller saves the change."""
    if event.event not in TURNS:
        return take_effect(change, event)
    kept = [pair for pair in _kept(change) if pair[1].pk != delivery.pk]
    if event.event in ENDS and change.grant.is_live and any(_takes_back_earlier(one, event) for one, _ in kept):
        return DeliveryOutcome.EARLY
    outcome = take_effect(change, event)
    if outcome == DeliveryOutcome.APPLIED:
        _apply(change, kept)
    return outcome


def follow_up(change: Change, *, since: datetime) -> None:
    """After an ending that the platform told in an answer: apply what was received while we asked.

    What had waited before is older than the answer, which has the last word on it.
    """
    follow_up_all([(change, since)])


def follow_up_all(pairs: Iterable[tuple[Change, datetime]]) -> None:
    """The same for many; asks the database only when one of them has ended, and once."""
    ended = {change.grant.pk: (change, since) for change, since in pairs if change.grant.has_ended}
    if not ended:
        return
    kept = _kept_of([change.grant for change, _ in ended.values()])
    for grant_id, (change, since) in ended.items():
        _apply(change, [pair for pair in kept[grant_id] if pair[1].received_at >= since])


def _takes_back_earlier(one: PlatformEvent, event: PlatformEvent) -> bool:
    return one.event == REVERSED and one.ts < event.ts


def _kept(change: Change) -> Kept:
    return _kept_of([change.grant])[change.grant.pk]


def _kept_of(grants: Sequence[Grant]) -> dict[UUID, Kept]:
    """What waits for each, in the order in which it happened."""
    kept: dict[tuple[UUID | None, UUID], Kept] = {(grant.pk, grant.adapter_id): [] for grant in grants}
    early = WebhookDelivery.objects.filter(outcome=DeliveryOutcome.EARLY, grant_id__in=[grant.pk for grant in grants])
    for delivery in early.select_related("adapter").order_by("received_at", "id"):
        # A grant id that another platform names is none of ours.
        pairs = kept.get((delivery.grant_id, delivery.adapter_id), [])
        pairs.append((parse(delivery.body.encode()), delivery))
    return {grant.pk: sorted(kept[grant.pk, grant.adapter_id], key=lambda pair: pair[0].ts) for grant in grants}


def _apply(change: Change, kept: Kept) -> None:
    cause = change.cause
    for event, delivery in kept:
        change.cause = Cause(CauseKind.WEBHOOK, actor=delivery.adapter.slug, webhook_id=delivery.pk)
        delivery.outcome = take_effect(change, event)
        if delivery.outcome == DeliveryOutcome.EARLY:
            # The later ones build on it.
            break
        delivery.save(update_fields=["outcome"])
    change.cause = cause
