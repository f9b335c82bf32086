"""`Idempotency-Key` on every POST of a known caller: what was done is not done again, and is told again.

Views need not mention it. One that calls the platform names those actions in `calls_out`: they run without a
transaction around them and pass `request.request_key` on to the service. All others run in the transaction that
finishes the key, so that key and effect commit together. Those in `changes_nothing` only look: each time anew.
"""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import orjson
import structlog
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bonusdesk.api import keys
from bonusdesk.api.callers import caller_id
from bonusdesk.api.errors import KEPT_AS_IT_IS, KEPT_OPEN
from bonusdesk.api.keys import Answer, Claim, KeyInProgress
from bonusdesk.models import IdempotencyKey

log = structlog.get_logger(__name__)

HEADER = "Idempotency-Key"
META = "HTTP_IDEMPOTENCY_KEY"
REPLAYED = "Idempotent-Replayed"
MAX_LENGTH = 255

View = Callable[..., HttpResponseBase]


class IdempotencyMiddleware:
    """Calls, for a POST with a key, the view's keyed variant in its place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if META not in request.META or request.method != "POST":
            return None
        variant = keyed(view)
        return None if variant is None else variant(request, *args, **kwargs)


@cache
def keyed(view: View) -> View | None:
    """The variant that minds keys. None for what is no view of the API, changes nothing, or has no caller: webhooks."""
    cls: type[APIView] | None = getattr(view, "cls", None)
    actions: dict[str, str] | None = getattr(view, "actions", None)
    if cls is None or not cls.authentication_classes or _only_looks(cls, actions):
        return None
    variant: Any = type(f"Keyed{cls.__name__}", (KeyedView, cls), {})
    made: View = variant.as_view(*(() if actions is None else (actions,)), **view.initkwargs)  # type: ignore[attr-defined]
    return made


def _only_looks(cls: type[APIView], actions: dict[str, str] | None) -> bool:
    return actions is not None and actions.get("post") in getattr(cls, "changes_nothing", ())


class KeyedView(APIView):
    """Goes in front of the view's own class."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who may not call, or calls too often, claims no key and sees no answer."""
        super().initial(request, *args, **kwargs)
        handler = getattr(self, "post", None)
        if handler is not None:
            self.post = partial(self._once, handler)

    def _once(self, handler: View, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = _key(request)
        claim = keys.claim(caller=caller_id(request.user), key=key, fingerprint=fingerprint(request))
        row = claim.row
        was_answered = row.status is not None
        response = _told_again(row) if row.is_final else self._try(claim, partial(handler, request, *args, **kwargs))
        if was_answered:
            response[REPLAYED] = "true"
        return response

    def _try(self, claim: Claim, run: Callable[[], Any]) -> Any:
        plain: Any = self.request._request
        plain.request_key = str(claim.row.pk)
        plain.is_repeat = claim.is_repeat
        calls_out = getattr(self, "action", None) in getattr(self, "calls_out", ())
        return self._calling_out(claim.row, run) if calls_out else self._in_one_transaction(claim.row, run)

    def _in_one_transaction(self, row: IdempotencyKey, run: Callable[[], Any]) -> Any:
        try:
            with transaction.atomic(durable=True):
                response = self._rendered(run())
                if not keys.finish(row, _answer(response)):
                    raise KeyInProgress
        except Exception as error:
            response = self._rendered(self.handle_exception(error))
            keys.remove(row)
        return response

    def _calling_out(self, row: IdempotencyKey, run: Callable[[], Any]) -> Any:
        try:
            response = self._rendered(run())
        except Exception as error:
            response = self._rendered(self.handle_exception(error))
        if not _settle(row, response):
            log.warning("idempotency_key_taken_over", request_key=str(row.pk))
        return response

    def _rendered(self, response: Any) -> Any:
        """As it will be sent, so that it is sent like this again."""
        self.finalize_response(self.request, response, *self.args, **self.kwargs)
        if isinstance(response, Response):
            response.render()
        return response


def _settle(row: IdempotencyKey, response: Any) -> bool:
    code = response.data["error"]["code"] if response.status_code >= 400 else ""
    if response.status_code < 400 or code in KEPT_AS_IT_IS:
        return keys.finish(row, _answer(response))
    if code in KEPT_OPEN:
        return keys.leave_open(row, _answer(response))
    return keys.give_back(row)


def _answer(response: Any) -> Answer:
    return Answer(response.status_code, response.content.decode())


def _told_again(row: IdempotencyKey) -> HttpResponse:
    return HttpResponse(row.body, status=row.status, content_type="application/json")


def _key(request: Request) -> str:
    key = request.META[META]
    if not 1 <= len(key) <= MAX_LENGTH or "\x00" in key:
        raise ValidationError({HEADER: f"Must be 1 to {MAX_LENGTH} characters long."})
    return str(key)


def fingerprint(request: Request) -> str:
    """Of what was asked: in whatever order an object names its keys, and wherever blanks stand, it is the same.

    Raises what an unreadable body raises in the view: such a request claims no key.
    """
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    asked = b"\0".join((str(request.method).encode(), request.path.encode(), body))
    return hashlib.sha256(asked).hexdigest()
