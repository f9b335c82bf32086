"""Each request, once it is answered: a line in the log, and a count for the metrics."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram
from structlog.contextvars import get_contextvars

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATIC, UNKNOWN, OTHER = "static", "unknown", "other"
# Anybody can ask for any address: what leads nowhere shares one name, or the metrics would grow without an end.
LEADS_NOWHERE = frozenset({r"^v1(/.*)?$", r"admin/(?P<url>.*)$"})
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

log = structlog.get_logger("bonusdesk.access")

_requests = Counter("bonusdesk_http_requests_total", "Requests answered.", ["method", "route", "status"])
_seconds = Histogram(
    "bonusdesk_http_request_duration_seconds", "Until the response was made.", ["method", "route"], buckets=BOUNDS
)


class RequestsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds, route = time.perf_counter() - began, route_of(request)
        method = request.method if request.method in METHODS else OTHER
        _requests.labels(method, route, response.status_code).inc()
        _seconds.labels(method, route).observe(seconds)
        # The query is left out: nobody can say what callers put there.
        log.info(
            "request",
            method=request.method,
            route=route,
            path=request.path,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 2),
            bytes=_size(response),
            **_session_user(request),
        )
        return response


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, such as `/v1/bonus-grants/<str:pk>`, so that there are only so many."""
    match = request.resolver_match
    if match is None:
        return STATIC if request.path.startswith(settings.STATIC_URL) else UNKNOWN
    return UNKNOWN if match.route in LEADS_NOWHERE else f"/{match.route}"


def _size(response: Any) -> int | None:
    """Of the body; None while a stream does not say how long it will be."""
    if not response.streaming:
        return len(response.content)
    return int(response["Content-Length"]) if response.has_header("Content-Length") else None


def _session_user(request: Any) -> dict[str, str]:
    """Who used a page of the admin; the API has bound its caller. Only a user that was looked up anyway."""
    user = getattr(request, "_cached_user", None)
    if user is None or not user.is_authenticated or "caller" in get_contextvars():
        return {}
    return {"caller": user.get_username()}
