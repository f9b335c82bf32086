from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from integrations import outbox
from integrations.admin.common import (
    ReadOnlyAdmin,
    ReasonForm,
    actor,
    as_uuid,
    confirmation,
    is_confirmed,
    pretty_text,
    selected,
)
from integrations.models import OutgoingEvent, SinkState


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("pending", "pending"), ("parked", "parked"), ("delivered", "delivered"), ("skipped", "skipped")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        open_ones = queryset.filter(delivered_at__isnull=True, skipped_at__isnull=True)
        match self.value():
            case "pending":
                return open_ones.filter(parked_at__isnull=True)
            case "parked":
                return open_ones.filter(parked_at__isnull=False)
            case "delivered":
                return queryset.filter(delivered_at__isnull=False)
            case "skipped":
                return queryset.filter(skipped_at__isnull=False)
        return queryset


class SinkFilter(admin.SimpleListFilter):
    """By the few rows of sink states: the distinct sinks of a million events are not worth a scan."""

    title = "sink"
    parameter_name = "sink"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(sink, sink) for sink in SinkState.objects.values_list("sink", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(sink=self.value()) if self.value() else queryset


def state_of(event: OutgoingEvent) -> str:
    if event.delivered_at:
        return "delivered"
    if event.skipped_at:
        return "skipped"
    return "parked" if event.parked_at else "pending"


@admin.register(OutgoingEvent)
class OutgoingEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "sink", "kind", "status", "user_id", "state", "attempts", "created_at", "delivered_at")
    # Newest first and nothing else: another order would have to read them all.
    sortable_by = ()
    list_filter = (SinkFilter, StateFilter, "kind")
    search_fields = ("grant_id",)
    search_help_text = "The id of a grant or of an event, in full."
    ordering = ("-id",)
    actions = ("send_again", "skip")
    fieldsets = (
        (None, {"fields": ("id", "sink", "state", "kind", "status", "user_id", "grant_id", "event_id", "key")}),
        ("Delivery", {"fields": ("created_at", "delivered_at", "attempts", "last_error", "parked_at")}),
        ("Skipped", {"fields": ("skipped_at", "skipped_by", "skip_reason")}),
        ("What is sent", {"fields": ("body_shown",)}),
    )

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("integrations.change_outgoingevent")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        wanted = as_uuid(search_term)
        if wanted is None:
            return queryset.none(), False
        # The sinks are named because the index on event ids begins with them.
        by_event = Q(sink__in=SinkState.objects.values("sink"), event_id=wanted)
        return queryset.filter(Q(grant_id=wanted) | by_event), False

    @admin.display(description="state")
    def state(self, event: OutgoingEvent) -> str:
        return state_of(event)

    @admin.display(description="body")
    def body_shown(self, event: OutgoingEvent) -> SafeString:
        return pretty_text(event.body)

    @admin.action(description="Send again", permissions=["act"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutgoingEvent]) -> HttpResponse | None:
        if not is_confirmed(request):
            return confirmation(
                self,
                request,
                queryset,
                title="Send again",
                explanation="A sink that has already taken an event gets it once more, under the same id.",
            )
        events = selected(request, queryset)
        for event in events:
            outbox.send_again(event.pk)
            self.log_change(request, event, "Sent again.")
        messages.success(request, f"{len(events)} to be sent again.")
        return None

    @admin.action(description="Skip, with a reason", permissions=["act"])
    def skip(self, request: HttpRequest, queryset: QuerySet[OutgoingEvent]) -> HttpResponse | None:
        form = ReasonForm(request.POST if is_confirmed(request) else None)
        if not form.is_valid():
            return confirmation(
                self,
                request,
                queryset,
                title="Skip",
                explanation="A skipped event is never sent; later events of the same grant go on.",
                form=form,
            )
        events = selected(request, queryset)
        skipped = 0
        for event in events:
            if outbox.skip(event.pk, by=actor(request), reason=form.cleaned_data["reason"]):
                self.log_change(request, event, "Skipped.")
                skipped += 1
        messages.success(request, f"{skipped} of {len(events)} skipped; what is delivered can't be.")
        return None
