"""Who tries passwords is locked out for a while: a name at one address, or an address that tries many names."""

import math
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

ADDRESS_ALLOWANCE = 10
"""An office shares one address: as a whole it may fail so many times as often as one name."""

MAX_NAME = 255


class LoginHandler(AxesDatabaseHandler):  # type: ignore[misc]  # without stubs
    """axes counts by name and address, and compares with `AXES_FAILURE_LIMIT`; an address as a whole counts too."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        since = request.axes_attempt_time - settings.AXES_COOLOFF_TIME
        of_address = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, attempt_time__gte=since)
        failures = of_address.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
        of_name: int = super().get_failures(request, credentials)
        return max(of_name, failures // ADDRESS_ALLOWANCE)


def locked_out(request: HttpRequest, response: Any = None, credentials: dict[str, Any] | None = None) -> HttpResponse:
    seconds = _seconds_left(request, username(request, credentials))
    context = {**admin.site.each_context(request), "minutes": math.ceil(seconds / 60)}
    page = render(request, "admin/locked_out.html", context, status=429)
    page["Retry-After"] = str(seconds)
    page["Cache-Control"] = "no-store"
    return page


def username(_request: Any, credentials: dict[str, Any] | None = None) -> str:
    """As it is counted: the log-in form takes names of any length, a row does not."""
    return str((credentials or {}).get("username") or "")[:MAX_NAME]


def _seconds_left(request: Any, name: str) -> int:
    """What is refused is not counted, so the last counted failure is the one that locked."""
    failed = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, username=name)
    latest = failed.aggregate(latest=Max("attempt_time"))["latest"] or timezone.now()
    left = latest + settings.AXES_COOLOFF_TIME - timezone.now()
    return max(1, math.ceil(left.total_seconds()))
