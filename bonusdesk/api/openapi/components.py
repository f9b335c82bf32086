"""What many operations share: values, headers, and the meta of a list."""

from typing import Any

from bonusdesk.api.parsers import MAX_NUMBER
from bonuses.lifecycle import Status
from integrations.currencies import CATALOGUE

NO_NUL = r"^[^\x00]*$"
OVERRIDE = {
    "pattern": "[Bb][Ll][Oo][Cc][Kk](?![Cc][Hh][Aa][Ii][Nn])|[Ee][Xx][Cc][Ll][Uu](?![Ss][Ii][Vv])"
    "|[Ff][Aa][Ii][Ll].?[Ss][Aa][Ff][Ee]"
}
"""As `integrations.fasttrack` tells them, in a pattern that every reader of JSON Schema understands."""


def _any(value: str, words: str, **limits: Any) -> dict[str, dict[str, Any]]:
    """Any JSON, and any JSON object, of what the parser takes in; `limits` hold for the keys."""
    nested = {"$ref": f"#/components/schemas/{value}Value"}
    keys = {"pattern": NO_NUL, **limits}
    return {
        f"{value}Value": {
            "description": words,
            "anyOf": [
                {"type": ["null", "boolean"]},
                {"type": "number", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER},
                {"type": "string", "pattern": NO_NUL},
                {"type": "array", "items": nested},
                {"type": "object", "propertyNames": keys, "additionalProperties": nested},
            ],
        },
        f"{value}Object": {
            "description": words,
            "type": "object",
            "propertyNames": keys,
            "additionalProperties": nested,
        },
    }


SCHEMAS: dict[str, Any] = {
    "Currency": {
        "type": "string",
        "description": "ISO 4217, or BTC, ETH or USDT. An amount next to it is an integer in its minor unit.",
        "enum": list(CATALOGUE),
    },
    "GrantStatus": {"type": "string", "enum": [status.value for status in Status]},
    "PageMeta": {
        "type": "object",
        "required": ["count", "next_cursor"],
        "properties": {
            "count": {"type": "integer", "minimum": 0, "description": "Rows on this page."},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "For the parameter `cursor` of the next page; null: this is the last one.",
            },
        },
    },
    **_any("Json", f"Anything JSON holds: no NUL characters, numbers within ±{MAX_NUMBER}, at most 64 levels deep."),
    **_any("Echoed", "Comes back in events. No key may name a block or exclusion of the player.", **{"not": OVERRIDE}),
}

PARAMETERS: dict[str, Any] = {
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": (
            "Comes back on the response and stands on every log line. Up to 128 letters, digits and `._:+/=@-`; "
            "anything else is replaced by one of ours."
        ),
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "A replay with the same key, method, path and body does nothing again and returns the outcome. Kept for 24 "
            "hours, per caller. Errors that changed nothing may be retried with the same key."
        ),
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}

HEADERS: dict[str, Any] = {
    "RequestId": {
        "description": "The caller's `X-Request-Id` if it sent a sane one, else one of ours.",
        "required": True,
        "schema": {"type": "string", "pattern": r"^[A-Za-z0-9._:+/=@-]{1,128}$"},
    },
    "IdempotentReplayed": {
        "description": "`true` when the Idempotency-Key was known and nothing was done again; else absent.",
        "schema": {"type": "string", "const": "true"},
    },
    "RetryAfter": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "WwwAuthenticate": {
        "description": "How to say who calls.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Allow": {
        "description": "The methods of this address.",
        "required": True,
        "schema": {"type": "string"},
    },
}


def ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
