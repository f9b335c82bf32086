import uuid
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from integrations import outbox
from integrations.admin import sink_pages
from integrations.admin.common import PageWithMore, ReadOnlyAdmin, when
from integrations.admin.health import delay_in_words, taken_in_words
from integrations.admin.sink_tables import capped, in_words, sink_tables
from integrations.models import SinkState


@admin.register(SinkState)
class SinkStateAdmin(PageWithMore, ReadOnlyAdmin):
    """How it goes with each sink, and what only a person can do for it."""

    change_form_template = "admin/integrations/sinkstate/change_form.html"
    list_display = ("sink", "state", "pending", "parked", "oldest", "last_delivered", "last_error", "last_failed")
    fieldsets = (
        (
            None,
            {
                "fields": ("sink", "state", "pending", "parked", "oldest", "last_delivered"),
                "description": "Pending is all that it has not had yet, the parked events among it.",
            },
        ),
        ("Trouble", {"fields": ("failures", "last_error", "last_failed")}),
        ("Deliverer", {"fields": ("owner", "lease_ends", "epoch")}),
        ("So far", {"fields": ("delivered", "refused", "troubles", "taken", "delay")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SinkState]:
        """With what waits for each, however many there are, in the same statement."""
        rows: QuerySet[SinkState] = super().get_queryset(request)
        return outbox.with_glances(rows)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A sink gets its row with its first delivery; one that is enabled is shown before that, too."""
        if self.has_view_permission(request):
            missing = set(settings.EVENT_SINKS) - set(SinkState.objects.values_list("sink", flat=True))
            SinkState.objects.bulk_create([SinkState(sink=sink) for sink in sorted(missing)], ignore_conflicts=True)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "integrations_sinkstate"
        return [
            path("<str:sink>/decide/", wrap(self.decide_view), name=f"{name}_decide"),
            path("<str:sink>/pause/", wrap(self.pause_view), name=f"{name}_pause"),
            path("<str:sink>/resume/", wrap(self.resume_view), name=f"{name}_resume"),
            path("<str:sink>/send-parked-again/", wrap(self.send_again_view), name=f"{name}_send_all_again"),
            path("<str:sink>/parked/<uuid:grant_id>/again/", wrap(self.send_again_view), name=f"{name}_send_again"),
            path("<str:sink>/parked/<uuid:grant_id>/skip/", wrap(self.skip_view), name=f"{name}_skip"),
            *super().get_urls(),
        ]

    def decide_view(self, request: HttpRequest, sink: str) -> HttpResponse:
        return sink_pages.decide_page(self, request, sink)

    def pause_view(self, request: HttpRequest, sink: str) -> HttpResponse:
        return sink_pages.pause_page(self, request, sink)

    def resume_view(self, request: HttpRequest, sink: str) -> HttpResponse:
        return sink_pages.resume_page(self, request, sink)

    def send_again_view(self, request: HttpRequest, sink: str, grant_id: uuid.UUID | None = None) -> HttpResponse:
        return sink_pages.send_again_page(self, request, sink, grant_id)

    def skip_view(self, request: HttpRequest, sink: str, grant_id: uuid.UUID) -> HttpResponse:
        return sink_pages.skip_page(self, request, sink, grant_id)

    def more(self, request: HttpRequest, obj: SinkState) -> dict[str, Any]:
        may_act = request.user.has_perm(sink_pages.ACT)
        may_decide = request.user.has_perm(sink_pages.DECIDE)
        return {
            "tables": sink_tables(obj, may_act=may_act),
            "halted_since": when(obj.halted_at) if obj.halted_at else "",
            "can_decide": obj.halted_at is not None and may_decide,
            "can_pause": obj.paused_at is None and may_decide,
            "can_resume": obj.paused_at is not None and may_decide,
            "can_send_all_again": may_act and outbox.glance_of(obj).parked > 0,
        }

    @admin.display(description="state")
    def state(self, state: SinkState) -> str:
        return in_words(state, outbox.glance_of(state), now=getattr(state, "asked_at"))  # noqa: B009  annotated

    @admin.display(description="pending")
    def pending(self, state: SinkState) -> str:
        return capped(outbox.glance_of(state).pending)

    @admin.display(description="parked")
    def parked(self, state: SinkState) -> str:
        return capped(outbox.glance_of(state).parked)

    @admin.display(description="oldest pending")
    def oldest(self, state: SinkState) -> str:
        return when(outbox.glance_of(state).oldest_at)

    @admin.display(description="last delivered", ordering="last_delivered_at")
    def last_delivered(self, state: SinkState) -> str:
        return when(state.last_delivered_at)

    @admin.display(description="last error at", ordering="last_error_at")
    def last_failed(self, state: SinkState) -> str:
        return when(state.last_error_at)

    @admin.display(description="lease ends")
    def lease_ends(self, state: SinkState) -> str:
        return when(state.leased_until)

    @admin.display(description="tries that were taken")
    def taken(self, state: SinkState) -> str:
        return taken_in_words(state)

    @admin.display(description="from change to delivery")
    def delay(self, state: SinkState) -> str:
        return delay_in_words(state)
