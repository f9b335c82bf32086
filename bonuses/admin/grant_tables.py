"""The lists on a grant's page: how it changed, what the platform said, what was told to others."""

from typing import Any

from bonuses.models import Drift, Grant, GrantTransition
from bonuses.money import display
from integrations.admin.common import Table, link, link_to, when
from integrations.admin.event import state_of
from integrations.models import OutgoingEvent, WebhookDelivery

ROWS_SHOWN = 200


def grant_tables(grant: Grant) -> list[Table]:
    tables = [_transitions(grant), _deliveries(grant), _events(grant)]
    drifts = list(Drift.objects.filter(grant=grant))
    if drifts:
        rows = ((link(d, d.kind), d.ours, d.theirs, when(d.seen_at), when(d.resolved_at)) for d in drifts)
        tables.insert(0, Table("Drift", ("Kind", "Ours", "Theirs", "Seen", "Resolved"), rows))
    return tables


def _transitions(grant: Grant) -> Table:
    changes = GrantTransition.objects.filter(grant=grant).order_by("seq")
    return Table(
        "History",
        ("No.", "From", "To", "At (UTC)", "Cause", "By", "Reason", "Amounts after it"),
        (
            (
                change.seq,
                change.from_status or "-",
                change.to_status,
                when(change.at),
                _cause(change),
                change.actor or "-",
                change.reason or "-",
                _amounts(change.amounts, grant.currency),
            )
            for change in changes
        ),
    )


def _cause(change: GrantTransition) -> Any:
    if change.webhook_id is None:
        return change.cause
    return link_to("integrations_webhookdelivery", change.webhook_id, change.cause)


def _amounts(amounts: dict[str, Any], currency: str) -> str:
    known = ((name, value) for name, value in amounts.items() if isinstance(value, int))
    return ", ".join(f"{name.replace('_', ' ')} {display(value, currency)}" for name, value in known) or "-"


def _deliveries(grant: Grant) -> Table:
    deliveries = WebhookDelivery.objects.filter(grant_id=grant.pk).order_by("received_at", "id")[:ROWS_SHOWN]
    return Table(
        "Webhooks received",
        ("Event", "Event id", "Received (UTC)", "Outcome", "Detail"),
        (
            (link(d, d.event or "unreadable"), d.event_id, when(d.received_at), d.get_outcome_display(), d.detail)
            for d in deliveries
        ),
    )


def _events(grant: Grant) -> Table:
    events = OutgoingEvent.objects.filter(grant_id=grant.pk).order_by("id")[:ROWS_SHOWN]
    return Table(
        "Events sent",
        ("Event", "Key", "Sink", "State", "Attempts", "Made (UTC)", "Delivered (UTC)", "Last error"),
        (
            (
                link(e, f"{e.kind} {e.status}"),
                e.key,
                e.sink,
                state_of(e),
                e.attempts,
                when(e.created_at),
                when(e.delivered_at),
                e.last_error,
            )
            for e in events
        ),
    )
