from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from bonuses.api.docs.examples import RECEIVED, WAGERED
from bonuses.api.docs.operation import described, operation
from bonuses.api.docs.webhook_shapes import PlatformEvent, Received

SIGNATURE_HEADERS = {
    "X-UCRM-Timestamp": "Unix seconds, at most 5 minutes away.",
    "X-UCRM-Signature": "Hex HMAC-SHA256 of `<timestamp>.<raw body>` with the adapter's webhook secret.",
    "webhook-id": "With Standard Webhooks: id of the message.",
    "webhook-timestamp": "With Standard Webhooks: Unix seconds, at most 5 minutes away.",
    "webhook-signature": "With Standard Webhooks: `v1,<base64>` of `<id>.<timestamp>.<raw body>`; several with blanks.",
}

describe_webhooks = described(
    post=operation(
        "receiveBonusEvent",
        "Receive a report of a platform",
        "For the platform itself. Signed either with the two `X-UCRM-*` headers or with the three of Standard "
        "Webhooks; either of two valid secrets is accepted. An event takes effect once, however often it is delivered. "
        "The answer is outside the envelope. Amounts are minor units of the grant's currency.",
        tag="Webhooks",
        answers={200: (Received, "Taken in.")},
        wrapped="bare",
        errors=["FORBIDDEN", "NOT_FOUND", "PAYLOAD_TOO_LARGE", "VALIDATION_ERROR"],
        error_statuses={"FORBIDDEN": 401},
        request=PlatformEvent,
        parameters=[
            OpenApiParameter(
                "slug",
                {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
                OpenApiParameter.PATH,
                description="Slug of the adapter.",
            ),
            *(
                OpenApiParameter(name, str, OpenApiParameter.HEADER, description=text)
                for name, text in SIGNATURE_HEADERS.items()
            ),
        ],
        examples=[
            OpenApiExample("a bet", value=WAGERED, request_only=True),
            OpenApiExample("taken", value=RECEIVED, response_only=True),
        ],
    )
)
