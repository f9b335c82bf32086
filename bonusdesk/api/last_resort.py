"""Errors that never reach a view are in the API's one error shape too, with DEBUG on as well."""

from collections.abc import Callable

import orjson
from django.http import HttpRequest, HttpResponse

from bonusdesk.api.errors import error_body

PREFIX = "/v1/"
CODES = {
    403: ("FORBIDDEN", "This is not allowed."),
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not know the method."),
    413: ("PAYLOAD_TOO_LARGE", "The body is too large."),
}


class EnvelopedErrorsMiddleware:
    """Django answers a bad host, a suspicious request or a crash of a middleware itself, and in HTML."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path_info.startswith(PREFIX) or _is_json(response):
            return response
        return _enveloped(response)


def _is_json(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith("application/json")


def _enveloped(response: HttpResponse) -> HttpResponse:
    """With another body and the same headers: those of security have been set."""
    status = response.status_code
    other = ("BAD_REQUEST", "The request can't be read.") if status < 500 else ("INTERNAL_ERROR", "Something broke.")
    code, message = CODES.get(status, other)
    response.content = orjson.dumps(error_body(code, message))
    response["Content-Type"] = "application/json"
    response["Content-Length"] = str(len(response.content))
    return response
