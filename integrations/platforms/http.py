"""The `http` kind: a platform behind the public adapter contract, JSON over HTTPS."""

from collections.abc import Generator
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from integrations import http
from integrations.models import Adapter
from integrations.platforms import wire
from integrations.platforms.base import (
    CancelOrder,
    GrantOrder,
    PlatformBonus,
    PlatformTrouble,
    seconds_left,
    within,
)
from integrations.platforms.wire import Request

T = TypeVar("T")


class HttpPlatform:
    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter

    @staticmethod
    def may_call_plainly(host: str) -> bool:
        return False

    def grant(self, order: GrantOrder) -> PlatformBonus:
        with within(self.adapter.total_timeout_ms / 1000):
            return self._converse(wire.grant(order))

    def cancel(self, order: CancelOrder) -> None:
        self._converse(wire.cancel(order))

    def status(self, *, grant_id: UUID, platform_bonus_id: str | None) -> PlatformBonus | None:
        return self._converse(wire.status(grant_id=grant_id, platform_bonus_id=platform_bonus_id))

    def check_scheme(self) -> None:
        """Raise `PlatformTrouble` where TLS is needed and the base URL has none."""
        base = urlsplit(self.adapter.base_url)
        if base.scheme != "https" and not settings.DEBUG and not self.may_call_plainly(base.hostname or ""):
            raise PlatformTrouble("the base URL is not https", sent=False)

    def url(self, path: str) -> str:
        return f"{self.adapter.base_url.rstrip('/')}/v1/bonuses/{path}"

    def _converse(self, conversation: Generator[Request, http.Response, T]) -> T:
        try:
            request = next(conversation)
            while True:
                try:
                    response = self._send(request)
                except PlatformTrouble as trouble:
                    request = conversation.throw(trouble)
                else:
                    request = conversation.send(response)
        except StopIteration as end:
            value: T = end.value
            return value

    def _send(self, request: Request) -> http.Response:
        adapter = self.adapter
        self.check_scheme()
        total = min(adapter.total_timeout_ms / 1000, seconds_left())
        if total <= 0:
            raise PlatformTrouble("no time left for the call", sent=False)
        signed = wire.headers(
            request, token=adapter.token, secret=adapter.signing_secret, request_id=wire.bound_request_id()
        )
        try:
            return http.send(
                request.method,
                self.url(request.path),
                headers=signed,
                body=request.body,
                connect_timeout=adapter.connect_timeout_ms / 1000,
                read_timeout=adapter.read_timeout_ms / 1000,
                total_timeout=total,
            )
        except http.HttpTrouble as trouble:
            raise PlatformTrouble(trouble.message, sent=trouble.sent) from trouble
