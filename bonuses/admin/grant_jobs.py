"""Many grants cancelled at once: the list of such jobs, and a page that shows how far one has come."""

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from bonuses.admin import grant_job_pages
from bonuses.admin.grant_job_pages import CANCEL_GRANTS, VIEW_GRANTS
from bonuses.admin.grant_job_results import progress_of, results_of
from bonuses.models import CancelJob
from bonuses.models.cancel_job import JobStatus
from integrations.admin.common import PageWithMore, ReadOnlyAdmin


@admin.register(CancelJob)
class CancelJobAdmin(PageWithMore, ReadOnlyAdmin):
    change_form_template = "admin/bonuses/grant/job.html"
    list_display = ("created_at", "status", "total", "selection", "reason", "started_by", "finished_at")
    fields = ("reason", "selection", "total", "started_by", "started_at", "stopped_by", "finished_at")

    def has_view_permission(self, request: HttpRequest, obj: CancelJob | None = None) -> bool:
        return request.user.has_perm(VIEW_GRANTS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CancelJob]:
        """What nobody has given the word for is not shown."""
        return super().get_queryset(request).exclude(status=JobStatus.DRAFT)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:job_id>/start/", wrap(self.start_view), name="bonuses_canceljob_start"),
            path("<uuid:job_id>/stop/", wrap(self.stop_view), name="bonuses_canceljob_stop"),
            path("<uuid:job_id>/status/", wrap(self.status_view), name="bonuses_canceljob_status"),
            *super().get_urls(),
        ]

    def start_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        return grant_job_pages.start_page(self, request, job_id)

    def stop_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        return grant_job_pages.stop_page(self, request, job_id)

    def status_view(self, request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
        return grant_job_pages.status_part(request, job_id)

    def more(self, request: HttpRequest, obj: CancelJob) -> dict[str, Any]:
        return {
            "progress": progress_of(obj),
            "results": results_of(obj, chosen=request.GET.get("outcome", ""), after=request.GET.get("after", "")),
            "can_stop": obj.is_running and request.user.has_perm(CANCEL_GRANTS),
        }
