"""One id for everything that happens because of one request."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars

from integrations.ids import new_id

HEADER = "X-Request-Id"
SANE = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}", re.ASCII)


class RequestIdMiddleware:
    """Takes the caller's `X-Request-Id` if it is sane, else makes one; it is on every log line and on the response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get(HEADER, "")
        request_id = sent if SANE.fullmatch(sent) else str(new_id())
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        # Stays bound until this thread's next request: Django and the server log the response after us.
        response = self.get_response(request)
        response[HEADER] = request_id
        return response
