from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from bonuses.api.docs.examples import CANCELLED, GRANT, ORDER, TRANSITION
from bonuses.api.docs.grant_shapes import Grant, GrantTransition
from bonuses.api.docs.operation import described, operation
from bonuses.api.references import REFERENCE_HEADERS
from bonuses.api.serializers import CancelGrant, IssueGrant

TAG = "Bonus grants"
THIS = {"id": "$response.body#/data/id"}
LINKS = {
    "getGrant": {"parameters": THIS, "description": "The grant itself."},
    "cancelGrant": {"parameters": THIS, "description": "End the grant."},
    "listGrantTransitions": {"parameters": THIS, "description": "The grant's history."},
    "getTemplate": {"parameters": {"id": "$response.body#/data/template_id"}, "description": "The grant's template."},
    "getPlayer": {"parameters": {"id": "$response.body#/data/player_id"}, "description": "The grant's player."},
    "receiveBonusEvent": {
        "parameters": {"slug": "$response.body#/data/adapter"},
        "requestBody": {"grant_id": "$response.body#/data/id"},
        "description": "What the platform reports of it.",
    },
}
ROW = OpenApiExample("grant", value=GRANT, response_only=True)

describe_grants = described(
    list=operation(
        "listGrants",
        "List bonus grants",
        "Newest first. An empty filter does not filter.",
        tag=TAG,
        answers={200: (Grant, "A page of grants.")},
        wrapped="page",
        filters={
            "player_id": "Only grants of this player.",
            "player_external_id": "Only grants of the player with this id of the operator.",
            "template_id": "Only grants of this template.",
            "campaign_id": "Only grants that this campaign gave.",
            "platform_bonus_id": "Only the grant that the platform knows by this id.",
            "status": "Only grants in this state.",
            "granted_by_kind": "Only grants that were asked for by this kind of thing.",
            "created_after": "Only grants made at this time or later; RFC 3339 with its offset.",
            "created_before": "Only grants made before this time; RFC 3339 with its offset.",
        },
        examples=[ROW],
    ),
    retrieve=operation(
        "getGrant",
        "Read a bonus grant",
        "The full row.",
        tag=TAG,
        answers={200: (Grant, "The grant.")},
        errors=["NOT_FOUND"],
        links=LINKS,
        examples=[ROW],
    ),
    create=operation(
        "issueGrant",
        "Give a bonus to a player",
        "Amounts are minor units of the grant's currency: that of `currency_override`, else the template's.\n\n"
        "The checks run in this order, and the first that fails answers: body, kill switch, template exists, template "
        "active, player exists, player not blocked, amounts present and computable, platform found, limit not reached. "
        "Then the platform is called. If it refuses (502) the grant has failed; if it can't be reached (503 "
        "`ADAPTER_UNAVAILABLE`) the grant is kept as `queued` and retried. **Send an `Idempotency-Key`:** without one, "
        "a request that is repeated after a 503 may grant twice.",
        tag=TAG,
        answers={201: (Grant, "The grant, confirmed by the platform.")},
        errors=[
            "ISSUING_STOPPED",
            "BONUS_TEMPLATE_NOT_FOUND",
            "BONUS_TEMPLATE_NOT_ACTIVE",
            "PLAYER_NOT_FOUND",
            "PLAYER_BLOCKED",
            "BONUS_DEPOSIT_AMOUNT_REQUIRED",
            "BONUS_NOT_ELIGIBLE",
            "EXCHANGE_RATE_MISSING",
            "ADAPTER_NOT_CONFIGURED",
            "ADAPTER_CAPABILITY_MISSING",
            "BONUS_GRANT_LIMIT_REACHED",
            "ADAPTER_REJECTED",
            "ADAPTER_UNAVAILABLE",
        ],
        links=LINKS,
        request=IssueGrant,
        parameters=[
            OpenApiParameter(
                name,
                str,
                OpenApiParameter.HEADER,
                description=f"Kept as `fasttrack_references.{key}`, unless the body says otherwise.",
            )
            for name, key in REFERENCE_HEADERS.items()
        ],
        examples=[OpenApiExample("welcome match", value=ORDER, request_only=True), ROW],
    ),
    cancel=operation(
        "cancelGrant",
        "Cancel a bonus grant",
        "Ends a live grant on the platform, then here. A body is not needed. If the platform refuses (502) or can't be "
        "reached (503), the wish to cancel is kept and carried out.",
        tag=TAG,
        answers={200: (Grant, "The grant, cancelled.")},
        errors=[
            "NOT_FOUND",
            "GRANT_NOT_CANCELLABLE",
            "ADAPTER_CAPABILITY_MISSING",
            "ADAPTER_REJECTED",
            "ADAPTER_UNAVAILABLE",
        ],
        links=LINKS,
        request=CancelGrant,
        body_is_optional=True,
        examples=[
            OpenApiExample("with a reason", value={"reason": "Given by mistake"}, request_only=True),
            OpenApiExample("grant", value=CANCELLED, response_only=True),
        ],
    ),
    transitions=operation(
        "listGrantTransitions",
        "Read the history of a bonus grant",
        "Every change of its status, oldest first, with its cause. All of it is on one page.",
        tag=TAG,
        answers={200: (GrantTransition, "The changes.")},
        errors=["NOT_FOUND"],
        wrapped="page",
        examples=[OpenApiExample("promised", value=TRANSITION, response_only=True)],
    ),
)
