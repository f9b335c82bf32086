"""The platform's reports. The body is signed, so it is read raw, before anything may parse it."""

import orjson
import structlog
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from bonuses.api.docs.webhooks import describe_webhooks
from bonuses.services.platform_event import receive
from integrations import webhook_outcomes
from integrations.errors import DomainError
from integrations.models import Adapter
from integrations.signatures import BadSignature, verify

log = structlog.get_logger(__name__)

MAX_BODY = 1024 * 1024
KEPT_HEADERS = ("Content-Type", "User-Agent", "X-Request-Id", "X-UCRM-Timestamp", "webhook-id", "webhook-timestamp")


class AdapterNotFound(DomainError):
    code = "NOT_FOUND"


class WebhookNotAuthentic(DomainError):
    """Bad signature, or a timestamp out of the window: 401, unlike other refusals of this code."""

    code = "FORBIDDEN"
    status = 401


class WebhookTooLarge(DomainError):
    code = "PAYLOAD_TOO_LARGE"


@describe_webhooks
class BonusEventsView(APIView):
    """`POST /v1/adapters/:slug/webhooks/bonus-events`: authenticated by its signature alone."""

    http_method_names = ("post",)
    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, slug: str) -> HttpResponse:
        try:
            adapter = Adapter.objects.get(slug=slug)
        except Adapter.DoesNotExist:
            raise AdapterNotFound(f"There is no adapter {slug!r}.") from None
        body = _raw_body(request)
        try:
            verify(secrets=adapter.webhook_secrets, headers=request.headers, body=body, now=timezone.now())
        except BadSignature as error:
            # Counted and not kept: anybody can send these.
            webhook_outcomes.count(slug, webhook_outcomes.REFUSED)
            log.debug("webhook_refused", adapter=slug, reason=str(error))
            raise WebhookNotAuthentic("The signature or its timestamp is not valid.") from error
        headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
        taken = receive(adapter=adapter, body=body, headers=headers)
        answer = {"received": True, "applied": taken.applied, "new_status": taken.new_status}
        return HttpResponse(orjson.dumps(answer), content_type="application/json")


def _raw_body(request: Request) -> bytes:
    body = request._request.body
    if len(body) > MAX_BODY:
        raise WebhookTooLarge("The body is larger than 1 MiB.", limit=MAX_BODY)
    return body
