"""Loaded by schemathesis. Supplies what can't be told from the document, and leaves alone what is meant to be wrong.

Valid data stays valid. It gets a signature, a new key, a cursor that was given out, the id of a row, 848 for 848.0.
"""

import itertools
import json
import os
import time
import zlib
from typing import Any

import schemathesis
from requests import PreparedRequest
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation

from integrations.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

WEBHOOK = "/v1/adapters/{slug}/webhooks/bonus-events"
KEY = "Idempotency-Key"
LONGEST_KEY = 255
FOLLOWS_NO_LINK = ("examples", "coverage", "fuzzing")
RULES: dict[str, dict[str, frozenset[str]]] = {
    "issueGrant": {
        "BONUS_TEMPLATE_NOT_ACTIVE": frozenset(),
        "BONUS_DEPOSIT_AMOUNT_REQUIRED": frozenset(),
        "BONUS_NOT_ELIGIBLE": frozenset(),
        "PLAYER_BLOCKED": frozenset(),
        "EXCHANGE_RATE_MISSING": frozenset(),
        "ADAPTER_NOT_CONFIGURED": frozenset(),
        "ADAPTER_CAPABILITY_MISSING": frozenset(),
    },
    "createTemplate": {"BONUS_CONFIG_INVALID": frozenset({"config"})},
    "changeTemplate": {
        "BONUS_CONFIG_INVALID": frozenset({"config"}),
        "VALIDATION_ERROR": frozenset({"type", "wagering_basis"}),
    },
    "identifyPlayer": {"VALIDATION_ERROR": frozenset({"currency", "origin"})},
    "createCampaign": {"BONUS_DEPOSIT_AMOUNT_REQUIRED": frozenset()},
    "changeCampaign": {"BONUS_DEPOSIT_AMOUNT_REQUIRED": frozenset()},
    "issueCampaign": {"BONUS_TEMPLATE_NOT_ACTIVE": frozenset()},
    "resumeCampaign": {"BONUS_TEMPLATE_NOT_ACTIVE": frozenset()},
    "createSegment": {"VALIDATION_ERROR": frozenset({"rules", "external_ids"})},
    "changeSegment": {"VALIDATION_ERROR": frozenset({"rules", "external_ids"})},
}
"""By operation: the codes that refuse what the document allows, and the fields of which they do."""

MAKES = {
    "createTemplate": "/v1/bonus-templates/{id}",
    "issueGrant": "/v1/bonus-grants/{id}",
    "identifyPlayer": "/v1/players/{id}",
    "createSegment": "/v1/segments/{id}",
    "createCampaign": "/v1/bonus-campaigns/{id}",
}
OF_CAMPAIGNS = {"segment_id": "/v1/segments/{id}", "template_id": "/v1/bonus-templates/{id}no_deposit"}
"""Where the ids in their bodies lead."""

TYPES = {"match_percent": "reload", "percent": "cashback", "count": "free_spins", "amount": "no_deposit"}
"""A key of the config that tells it."""

numbers = itertools.count(1)
cursors: dict[str, str] = {}
"""The last one given out, by the path as it was called: another campaign's is not one of this list."""
made: dict[str, str] = json.loads(os.environ["FUZZ_ROWS"])
"""The id of what was made last, by the path at which it is, and by path and type."""


@schemathesis.hook
def before_call(_context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    if isinstance(case.body, dict) and _is_valid(case, ParameterLocation.BODY):
        case.body = _with_whole_numbers(case.body)
        if case.operation.path == WEBHOOK and "/v1/bonus-grants/{id}" in made:
            case.body["grant_id"] = made["/v1/bonus-grants/{id}"]
        if case.operation.path.startswith("/v1/bonus-campaigns") and next(numbers) % 4:
            case.body |= {name: made[path] for name, path in OF_CAMPAIGNS.items() if name in case.body and path in made}
    if case.meta is not None and case.meta.phase.name in FOLLOWS_NO_LINK and _is_valid(case, ParameterLocation.PATH):
        found = _made_for(case)
        if found and next(numbers) % 4:
            case.path_parameters["id"] = found
    if _is_valid(case, ParameterLocation.HEADER):
        if case.operation.path == WEBHOOK:
            kwargs["auth"] = _sign_most
        if KEY in (case.headers or {}):
            # Another request under a key that was used before is refused.
            case.headers[KEY] = f"{next(numbers)}-{case.headers[KEY]}"[:LONGEST_KEY]
    if _is_valid(case, ParameterLocation.QUERY) and "cursor" in (case.query or {}):
        case.query["cursor"] = cursors.get(case.formatted_path, "")


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    if response.status_code not in {200, 201} or case.operation.path == WEBHOOK:
        return
    body = response.json()
    if cursor := body.get("meta", {}).get("next_cursor"):
        cursors[case.formatted_path] = cursor
    if path := MAKES.get(_operation_id(case)):
        made[path] = made[path + body["data"].get("type", "")] = body["data"]["id"]


@schemathesis.check
def refused_by_a_known_rule(_context: Any, response: Any, case: Any) -> None:
    """Where `positive_data_acceptance` is told to take 422: no more than what no document can say."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    error = response.json()["error"]
    known = RULES.get(_operation_id(case), {}).get(error["code"])
    if known is None or (known and not {path.split(".")[0] for path in error["details"]} <= known):
        raise Failure(
            operation=case.operation.label,
            title="Valid data refused",
            message=f"{error['code']}: {error.get('details') or error['message']}",
        )


def _made_for(case: Any) -> str | None:
    """The row that was made last, and of the type that the body speaks of: a template's can't be changed.

    Unless the address itself has one: the recipients of a campaign that has some.
    """
    before, found, _ = case.operation.path.partition("{id}")
    latest = made.get(f"{before}{found}{_type(case.body) if isinstance(case.body, dict) else ''}")
    return made.get(case.operation.path, latest)


def _type(body: dict[str, Any]) -> str:
    config = body.get("config")
    guesses = [kind for key, kind in TYPES.items() if isinstance(config, dict) and key in config]
    return str(body.get("type") or (guesses or [""])[0])


def _operation_id(case: Any) -> str:
    return str(case.operation.definition.raw.get("operationId"))


def _is_valid(case: Any, location: ParameterLocation) -> bool:
    return case.meta is None or not case.meta.is_negative_at(location)


def _with_whole_numbers(value: Any) -> Any:
    """To JSON Schema 848.0 is an integer; to the API it is a mistake."""
    if isinstance(value, dict):
        return {key: _with_whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sign_most(request: PreparedRequest) -> PreparedRequest:
    """Once the bytes are known that are sent. A quarter stays as it is, and is refused."""
    body = request.body or b""
    raw = body.encode() if isinstance(body, str) else body
    if isinstance(raw, bytes) and zlib.crc32(raw) % 4:
        now = int(time.time())
        request.headers[TIMESTAMP_HEADER] = str(now)
        request.headers[SIGNATURE_HEADER] = sign(os.environ["FUZZ_WEBHOOK_SECRET"], now, raw)
    return request
