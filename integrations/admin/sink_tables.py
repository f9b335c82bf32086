"""What the page of a sink says: its state in words, the batch in flight, and what is parked."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations import outbox
from integrations.admin.common import Table, link, when
from integrations.models import OutgoingEvent, SinkState
from integrations.outbox.pick import OPEN

GRANTS_SHOWN = 50


def capped(count: int) -> str:
    return f"{count:,}" if count <= outbox.COUNTED_AT_MOST else f"more than {outbox.COUNTED_AT_MOST:,}"


def in_words(state: SinkState, glance: outbox.Glance, *, now: datetime) -> str:
    words = _activity(state, glance, now)
    return words if state.sink in settings.EVENT_SINKS else f"not enabled any more; {words}"


def _activity(state: SinkState, glance: outbox.Glance, now: datetime) -> str:
    if state.halted_at:
        return f"halted for a person since {when(state.halted_at)}"
    if state.paused_at:
        return f"paused since {when(state.paused_at)} by {state.paused_by}: {state.pause_reason}"
    if state.leased_until and state.leased_until > now:
        return "delivering now"
    if state.not_before and state.not_before > now:
        failed = "a failure" if state.failures == 1 else f"{state.failures} failures in a row"
        return f"backing off until {when(state.not_before)}, after {failed}"
    if glance.ready_since:
        return "waiting for a deliverer"
    return "waiting for a person: what is left is parked, or behind it" if glance.pending else "nothing to send"


def sink_tables(state: SinkState, *, may_act: bool) -> list[Table]:
    return [*([_flight(state)] if state.in_flight else []), _parked_by_grant(state.sink, may_act=may_act)]


def _flight(state: SinkState) -> Table:
    ids = state.in_flight["ids"] if state.in_flight else []
    ends = {event.pk: event for event in OutgoingEvent.objects.filter(pk__in={*ids[:1], *ids[-1:]})}
    first, last = (_event_link(ends.get(pk), pk) for pk in (ids[0], ids[-1])) if ids else ("-", "-")
    row = (when(state.in_flight_since), f"{len(ids):,}", first, last)
    return Table("Batch in flight", ("Since", "Events", "First", "Last"), [row])


def _event_link(event: OutgoingEvent | None, pk: int) -> SafeString | str:
    return link(event, f"{pk}: {event.status}") if event else str(pk)


def _parked_by_grant(sink: str, *, may_act: bool) -> Table:
    """One line for each grant, with what holds it up: the first of its parked events."""
    held = _first_parked(sink)
    behind = _waiting_behind(sink, [event.grant_id for event in held])
    rows = [
        (
            _events_of(event.grant_id),
            behind.get(event.grant_id, 0),
            link(event, f"{event.pk}: {event.status}"),
            event.last_error,
            when(event.parked_at),
            *([_buttons(event)] if may_act else []),
        )
        for event in held[:GRANTS_SHOWN]
    ]
    title = f"Parked, the first {GRANTS_SHOWN} grants" if len(held) > GRANTS_SHOWN else "Parked, by grant"
    columns = ("Grant", "Waiting behind it", "Parked event", "Error", "Since")
    return Table(title, (*columns, "What to do") if may_act else columns, rows, empty="Nothing is parked.")


def _first_parked(sink: str) -> list[OutgoingEvent]:
    """Of one grant more than are shown. A grant may have several parked; it never has many."""
    parked = OutgoingEvent.objects.filter(sink=sink, parked_at__isnull=False, **OPEN).order_by("grant_id", "id")
    found: dict[uuid.UUID, OutgoingEvent] = {}
    for event in parked.defer("body")[: GRANTS_SHOWN * 10]:
        found.setdefault(event.grant_id, event)
    return list(found.values())[: GRANTS_SHOWN + 1]


def _waiting_behind(sink: str, grants: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    waiting = OutgoingEvent.objects.filter(grant_id__in=grants, sink=sink, parked_at__isnull=True, **OPEN)
    return dict(waiting.order_by().values_list("grant_id").annotate(Count("id")))


def _events_of(grant_id: uuid.UUID) -> SafeString:
    """All its events, at all sinks; grants themselves are not known here."""
    address = reverse("admin:integrations_outgoingevent_changelist", query={"q": grant_id})
    return format_html('<a href="{}">{}</a>', address, grant_id)


def _buttons(event: OutgoingEvent) -> SafeString:
    actions = (("send_again", "Send again"), ("skip", "Skip with a reason"))
    links = (
        (reverse(f"admin:integrations_sinkstate_{name}", args=[event.sink, event.grant_id]), text)
        for name, text in actions
    )
    return format_html_join(" ", '<a class="button" href="{}" data-dialog>{}</a>', links)
