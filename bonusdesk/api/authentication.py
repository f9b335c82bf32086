"""Who calls: another server by a shared secret, or a person by the session of a browser."""

import hmac
from typing import Any

from django.conf import settings
from rest_framework import authentication, exceptions
from structlog.contextvars import bind_contextvars

from bonusdesk.api.service import SERVICE, Service
from bonusdesk.sessions import person_of

HEADER = "X-Internal-Secret"


class InternalSecretAuthentication(authentication.BaseAuthentication):
    """`X-Internal-Secret`; any of the configured secrets, so that one can be rotated."""

    def authenticate(self, request: Any) -> tuple[Service, None] | None:
        sent = request.headers.get(HEADER)
        if sent is None:
            return None
        if not _is_one_of_ours(sent):
            raise exceptions.AuthenticationFailed("The internal secret is not valid.")
        bind_contextvars(caller=SERVICE.get_username())
        return SERVICE, None

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """A signed-in operator in the browser, with Django's CSRF check on everything that changes something."""

    def authenticate(self, request: Any) -> Any:
        person = person_of(request._request.session)
        if person is not None:
            request._request.user = person  # Else Django looks for one itself.
        found = super().authenticate(request)
        if found is not None:
            bind_contextvars(caller=found[0].get_username())
        return found


def _is_one_of_ours(sent: str) -> bool:
    # All are compared, always: how long it takes says nothing about which one nearly fitted.
    matches = [hmac.compare_digest(sent.encode(), secret.encode()) for secret in settings.INTERNAL_SECRETS if secret]
    return any(matches)
