"""Every error of the API: when it comes, what it says, and what is in its `details`."""

from dataclasses import dataclass
from typing import Any

from bonusdesk.api.errors import STATUS, error_body
from bonusdesk.api.openapi.components import ref

TEXT = {"type": "string"}
UUID = {"type": "string", "format": "uuid"}
FAULTS: dict[str, Any] = {
    "type": "object",
    "description": "Field path to what is wrong.",
    "additionalProperties": TEXT,
    "minProperties": 1,
}
CAMPAIGNS: dict[str, Any] = {
    "type": "object",
    "required": ["campaigns"],
    "properties": {"campaigns": {"type": "array", "description": "Some of them.", "items": UUID, "minItems": 1}},
    "additionalProperties": False,
}
APPROVAL: dict[str, Any] = {
    "type": "object",
    "description": "In minor units of the base currency; without a threshold none is needed.",
    "required": ["cost", "threshold", "hash"],
    "properties": {
        "cost": {"type": "integer", "minimum": 0},
        "threshold": {"type": ["integer", "null"], "minimum": 0},
        "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
    "additionalProperties": False,
}
GRANT = "0194b8f2-9e10-7d33-a722-3b4c5d6e7f82"


@dataclass(frozen=True, slots=True)
class Told:
    when: str
    message: str
    details: dict[str, Any] | None = None
    """An example; None: there are never any."""
    schema: dict[str, Any] | None = None
    """Else it is an object of just the keys of the example."""
    has_details: bool = True
    """Always."""


ERRORS: dict[str, Told] = {
    "INVALID_JSON": Told("The body is not a JSON object in UTF-8.", "The body must be a JSON object."),
    "INVALID_CURSOR": Told("The cursor is not one of this list.", "The cursor is not one of this list."),
    "BAD_REQUEST": Told("The request can't be read.", "The request can't be read."),
    "UNAUTHENTICATED": Told("No credentials, or bad or expired ones.", "Credentials are needed."),
    "FORBIDDEN": Told(
        "The permission or the CSRF token is missing; of a webhook, the signature or its timestamp is not valid.",
        "You do not have the permission that this needs.",
    ),
    "NOT_FOUND": Told("There is no such thing.", f"There is no grant {GRANT}."),
    "BONUS_TEMPLATE_NOT_FOUND": Told(
        "There is no such template.", "There is no bonus template 0194b8f0-5a3c-7c1e-9f00-1d2e3f4a5b60."
    ),
    "PLAYER_NOT_FOUND": Told("There is no such player.", "There is no player 0194b8f1-0c7d-7b22-8e11-2a3b4c5d6e71."),
    "CAMPAIGN_NOT_FOUND": Told(
        "There is no such campaign.", "There is no campaign 0194b8f3-4d21-7e44-b833-4c5d6e7f8093."
    ),
    "SEGMENT_NOT_FOUND": Told("There is no such segment.", "There is no segment 0194b8f3-1b0e-7a55-9c44-5d6e7f809104."),
    "METHOD_NOT_ALLOWED": Told("This address does not know the method.", 'Method "PUT" not allowed.'),
    "BONUS_GRANT_LIMIT_REACHED": Told(
        "The player has had this bonus as often as its template allows.",
        "The player has had this bonus as often as allowed.",
    ),
    "GRANT_NOT_CANCELLABLE": Told(
        "The grant has ended.", "The grant has ended: it is completed.", {"status": "completed"}
    ),
    "CAMPAIGN_NOT_EDITABLE": Told(
        "The state of the campaign does not allow this change any more.",
        "The campaign is issuing.",
        {"status": "issuing"},
    ),
    "CAMPAIGN_NOT_ISSUABLE": Told(
        "The state of the campaign does not allow this.", "The campaign is issued.", {"status": "issued"}
    ),
    "APPROVAL_REQUIRED": Told(
        "The campaign costs more than may be given without the approval of a second person; or what is to be approved "
        "is not what was shown. `details` say what there is to approve now.",
        "It costs €500,000.00, and needs the approval of a second person.",
        {
            "cost": 50000000,
            "threshold": 1000000,
            "hash": "5f1d7a84db00d2fce00b31a7fc73224f1d2c3b4a5968778695a4b3c2d1e0f9a8",
        },
        APPROVAL,
    ),
    "SEGMENT_IN_USE": Told(
        "A campaign that has not ended uses the segment.",
        "A campaign that has not ended uses the segment.",
        {"campaigns": ["0194b8f3-4d21-7e44-b833-4c5d6e7f8093"]},
        CAMPAIGNS,
    ),
    "IDEMPOTENCY_IN_PROGRESS": Told(
        "The first request with this Idempotency-Key is still running.",
        "The first request with this Idempotency-Key is still running.",
    ),
    "PAYLOAD_TOO_LARGE": Told(
        "The body is larger than 1 MiB, or than 4 MiB for lists and batches.",
        "The body is larger than 1048576 bytes.",
        {"max_bytes": 1048576},
        has_details=False,
    ),
    "UNSUPPORTED_MEDIA_TYPE": Told("The body is not application/json.", "The body must be application/json."),
    "VALIDATION_ERROR": Told(
        "A field or a parameter is missing, unknown or not acceptable; `details` names each.",
        "name: This field is required.",
        {"name": "This field is required."},
        FAULTS,
    ),
    "BONUS_CONFIG_INVALID": Told(
        "The config does not fit the type of the template; `details` names each field.",
        "The config does not fit a template of type deposit_match.",
        {"config.cap_amount": "Must be greater than 0."},
        FAULTS,
    ),
    "BONUS_TEMPLATE_NOT_ACTIVE": Told(
        "The template is paused or archived.", "The bonus template is paused.", {"status": "paused"}
    ),
    "BONUS_DEPOSIT_AMOUNT_REQUIRED": Told(
        "A bonus that depends on a deposit needs `deposit_amount`.",
        "This bonus needs a deposit_amount.",
        {"deposit_amount": "This field is required."},
    ),
    "BONUS_NOT_ELIGIBLE": Told(
        "Under the template's terms there is nothing to give, or not in that currency.",
        "The loss is below the minimum.",
        {"loss_amount": 500, "min_loss": 1000},
        {"type": "object", "description": "What it came to.", "additionalProperties": {"type": ["string", "integer"]}},
        has_details=False,
    ),
    "PLAYER_BLOCKED": Told("The player is not `active`.", "The player is self_excluded.", {"status": "self_excluded"}),
    "EXCHANGE_RATE_MISSING": Told(
        "No exchange rate leads from one currency to the other.",
        "There is no exchange rate from USD to EUR.",
        {"base": "USD", "quote": "EUR", "at": "2025-01-31T12:00:00Z"},
    ),
    "ADAPTER_NOT_CONFIGURED": Told(
        "No platform serves the player's brand.",
        "No platform serves the brand 'acme.example', and none is the default.",
        {"origin": "acme.example"},
    ),
    "ADAPTER_CAPABILITY_MISSING": Told(
        "The platform can't do this at all.",
        "The platform acme can't do this: it lacks the capability 'cancel'.",
        {"adapter": "acme", "capability": "cancel"},
    ),
    "IDEMPOTENCY_KEY_REUSED": Told(
        "The Idempotency-Key was used for another request.",
        "The Idempotency-Key was used for another request: another address, or another body.",
    ),
    "RATE_LIMITED": Told("The caller calls too often.", "Request was throttled. Expected available in 1 second."),
    "INTERNAL_ERROR": Told(
        "Something broke on our side.", "Something broke on our side; the request id leads to the cause."
    ),
    "ADAPTER_REJECTED": Told(
        "The platform refused. What was asked for has failed.",
        "The platform refused.",
        {"grant_id": GRANT, "platform_code": "PLAYER_BLOCKED", "platform_message": "The player is blocked."},
    ),
    "ADAPTER_UNAVAILABLE": Told(
        "The platform can't be reached. What was asked for is kept and will be retried by us.",
        "The platform can't be reached; this is kept and will be retried.",
        {"grant_id": GRANT},
    ),
    "ISSUING_STOPPED": Told("An operator has stopped issuing. Nothing is kept.", "An operator has stopped issuing."),
}

REPLAYED = {"Idempotent-Replayed": ref("headers", "IdempotentReplayed")}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": ref("headers", "WwwAuthenticate")},
    405: {"Allow": ref("headers", "Allow")},
    429: {"Retry-After": ref("headers", "RetryAfter")},
    500: REPLAYED,
    502: REPLAYED,
    503: {"Retry-After": ref("headers", "RetryAfter"), **REPLAYED},
}


def by_status(codes: set[str], other: dict[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for code in sorted(codes):
        found.setdefault(other.get(code, STATUS[code]), []).append(code)
    return dict(sorted(found.items()))


def answer(status: int, codes: list[str]) -> dict[str, Any]:
    """Of one code alone: by reference, as it is the same everywhere."""
    if [status] == [STATUS[code] for code in codes]:
        return ref("responses", codes[0])
    return response(status, codes)


def response(status: int, codes: list[str]) -> dict[str, Any]:
    lines = [f"`{code}`: {ERRORS[code].when}" for code in codes]
    schemas: list[Any] = [ref("schemas", schema_name(code)) for code in codes]
    return {
        "description": lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines),
        "headers": {"X-Request-Id": ref("headers", "RequestId"), **HEADERS.get(status, {})},
        "content": {
            "application/json": {
                "schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas},
                "examples": {code: ref("examples", code) for code in codes},
            }
        },
    }


def schema_name(code: str) -> str:
    return code.title().replace("_", "") + ("" if code.endswith("ERROR") else "Error")


def schema(code: str) -> dict[str, Any]:
    told = ERRORS[code]
    properties: dict[str, Any] = {
        "code": {"type": "string", "const": code},
        "message": {"type": "string", "description": "One clear sentence."},
    }
    required = ["code", "message"]
    if told.details is not None:
        properties["details"] = told.schema or _of_just(told.details)
        required += ["details"] * told.has_details
    error = {"type": "object", "required": required, "properties": properties, "additionalProperties": False}
    return {
        "type": "object",
        "description": told.when,
        "required": ["error"],
        "properties": {"error": error},
        "additionalProperties": False,
    }


def example(code: str) -> dict[str, Any]:
    told = ERRORS[code]
    return {"summary": code, "value": error_body(code, told.message, told.details)}


def _of_just(details: dict[str, Any]) -> dict[str, Any]:
    properties = {name: _kind(name, value) for name, value in details.items()}
    return {"type": "object", "required": list(details), "properties": properties, "additionalProperties": False}


def _kind(name: str, value: Any) -> dict[str, Any]:
    if name == "grant_id":
        return UUID
    return {"type": "integer"} if isinstance(value, int) else TEXT
