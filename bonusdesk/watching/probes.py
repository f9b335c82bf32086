"""`/livez`, `/readyz` and `/metrics`, for machines that watch us."""

import hmac
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from bonusdesk.watching import alerts, metrics, readiness


def livez(_request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked, or a server that is away would have every process restarted."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    until = time.monotonic() + readiness.LIMIT_SECONDS
    asked = alerts.ASKED.ask()
    checks = readiness.check()
    found = alerts.told(asked, max(until - time.monotonic(), 0.0))
    is_ready = all(word == readiness.OK for word in checks.values())
    status, code = ("ok", 200) if is_ready else ("unavailable", 503)
    return JsonResponse({"status": status, "checks": checks, "alerts": found}, status=code)


def show_metrics(request: HttpRequest) -> HttpResponse:
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    sent = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and not hmac.compare_digest(sent.encode(), wanted.encode()):
        return JsonResponse({"status": "unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.scrape(), content_type=CONTENT_TYPE_LATEST)


ANSWERS = {"/livez": livez, "/readyz": readyz, "/metrics": show_metrics}


class ProbesMiddleware:
    """Answers before the host is checked and plain HTTP redirected, because probes call a process by its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method in ("GET", "HEAD"):
            response = answer(request)
        else:
            response = JsonResponse({"status": "method not allowed"}, status=405, headers={"Allow": "GET, HEAD"})
        response["Cache-Control"] = "no-store"
        if request.method == "HEAD":
            response.content = b""
        return response
