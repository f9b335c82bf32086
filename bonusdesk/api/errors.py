"""What a caller is told when something goes wrong. The one place that knows which HTTP status a code gets."""

import math
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from bonuses.lifecycle import TransitionRefused
from integrations.errors import DomainError

log = structlog.get_logger(__name__)

STATUS = {
    "INVALID_JSON": 400,
    "INVALID_CURSOR": 400,
    "BAD_REQUEST": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "BONUS_TEMPLATE_NOT_FOUND": 404,
    "BONUS_GRANT_NOT_FOUND": 404,
    "PLAYER_NOT_FOUND": 404,
    "CAMPAIGN_NOT_FOUND": 404,
    "SEGMENT_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "BONUS_GRANT_LIMIT_REACHED": 409,
    "GRANT_NOT_CANCELLABLE": 409,
    "TRANSITION_REFUSED": 409,
    "GRANT_NOT_UNRESOLVED": 409,
    "DELIVERY_NOT_REAPPLICABLE": 409,
    "CAMPAIGN_NOT_ISSUABLE": 409,
    "CAMPAIGN_NOT_EDITABLE": 409,
    "CHANGED_MEANWHILE": 409,
    "JOB_NOT_STARTABLE": 409,
    "LIVE_GRANT": 409,
    "SEGMENT_IN_USE": 409,
    "APPROVAL_REQUIRED": 409,
    "IDEMPOTENCY_IN_PROGRESS": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "VALIDATION_ERROR": 422,
    "BONUS_CONFIG_INVALID": 422,
    "BONUS_TEMPLATE_NOT_ACTIVE": 422,
    "BONUS_DEPOSIT_AMOUNT_REQUIRED": 422,
    "BONUS_NOT_ELIGIBLE": 422,
    "PLAYER_BLOCKED": 422,
    "EXCHANGE_RATE_MISSING": 422,
    "ADAPTER_NOT_CONFIGURED": 422,
    "ADAPTER_CAPABILITY_MISSING": 422,
    "ADAPTER_PAUSED": 422,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "RATE_LIMITED": 429,
    "INTERNAL_ERROR": 500,
    "ADAPTER_REJECTED": 502,
    "ADAPTER_UNAVAILABLE": 503,
    "ISSUING_STOPPED": 503,
}
# What a repetition under the same Idempotency-Key gets. Every other error leaves the key to be used again.
KEPT_AS_IT_IS = frozenset({"ADAPTER_REJECTED"})
KEPT_OPEN = frozenset({"ADAPTER_UNAVAILABLE", "INTERNAL_ERROR"})
"""Something may have been done, and goes on: a repetition tells what has become of it."""
WITH_RETRY_AFTER = frozenset({429, 503})
RETRY_AFTER = 30
"""Seconds, where the error itself does not know better."""

INTERNAL = ("INTERNAL_ERROR", "Something broke on our side; the request id leads to the cause.")

# Exception → code and message; None takes the exception's own words.
FRAMEWORK: tuple[tuple[type[Exception], str, str | None], ...] = (
    (exceptions.NotAuthenticated, "UNAUTHENTICATED", "Credentials are needed."),
    (exceptions.AuthenticationFailed, "UNAUTHENTICATED", None),
    (exceptions.PermissionDenied, "FORBIDDEN", None),
    (PermissionDenied, "FORBIDDEN", "This is not allowed."),
    (exceptions.NotFound, "NOT_FOUND", "There is nothing at this address."),
    (Http404, "NOT_FOUND", "There is nothing at this address."),
    (exceptions.MethodNotAllowed, "METHOD_NOT_ALLOWED", None),
    (exceptions.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "The body must be application/json."),
    (exceptions.ParseError, "INVALID_JSON", None),
    (UnreadablePostError, "INVALID_JSON", "The body could not be read to its end."),
    (exceptions.Throttled, "RATE_LIMITED", None),
    (RequestDataTooBig, "PAYLOAD_TOO_LARGE", "The body is too large."),
    (SuspiciousOperation, "BAD_REQUEST", "The request can't be read."),
)


def error_body(code: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if details:
        error["details"] = details
    return {"error": error}


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """Every exception of a view, unforeseen ones included: nothing is left for Django's own error pages."""
    code, message, details = _told(error)
    status = getattr(error, "status", None) if isinstance(error, DomainError) else None
    status = status or STATUS.get(code)
    if status is None or status == 500:
        log.error("request failed", code=code, exc_info=error)
        code, message, details, status = *INTERNAL, {}, 500
    return Response(error_body(code, message, details), status=status, headers=_headers(error, status))


def _told(error: Exception) -> tuple[str, str, dict[str, Any]]:
    if isinstance(error, DomainError | TransitionRefused):
        return error.code, error.message, error.details
    if isinstance(error, exceptions.ValidationError):
        faults = _flat(error.detail)
        return "VALIDATION_ERROR", _summary(faults), faults
    for kind, code, message in FRAMEWORK:
        if isinstance(error, kind):
            return code, message or str(error), {}
    return *INTERNAL, {}


def _flat(detail: Any, path: str = "") -> dict[str, str]:
    """Nested errors as field path → first message."""
    if isinstance(detail, dict):
        items = detail.items()
    elif isinstance(detail, list) and detail and isinstance(detail[0], dict | list):
        items = dict(enumerate(detail)).items()
    else:
        return {path or "body": str(detail[0] if isinstance(detail, list) and detail else detail)}
    return {
        inner: message
        for key, value in items
        for inner, message in _flat(value, f"{path}.{key}" if path else str(key)).items()
    }


def _summary(faults: dict[str, str]) -> str:
    if len(faults) == 1:
        [(path, message)] = faults.items()
        return f"{path}: {message}"
    return f"{len(faults)} fields are not acceptable: {', '.join(list(faults)[:10])}."


def _headers(error: Exception, status: int) -> dict[str, str]:
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in WITH_RETRY_AFTER or getattr(error, "retry_after", None):
        seconds = getattr(error, "retry_after", None) or getattr(error, "wait", None) or RETRY_AFTER
        headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    return headers
