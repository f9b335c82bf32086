"""What every operation has in common is added here, once: envelopes, headers, and the errors that any of them may have.

What is particular to one stands beside it, in the marks that `bonuses.api.docs.operation` leaves.
"""

# The library is typed, but not to the last function.
# mypy: disable-error-code="no-untyped-call"

from typing import Any

from drf_spectacular.openapi import AutoSchema

from bonusdesk.api.openapi import callers, models, queries  # noqa: F401  they register themselves
from bonusdesk.api.openapi.components import ref
from bonusdesk.api.openapi.errors import REPLAYED, answer, by_status
from bonusdesk.api.openapi.queries import CURSOR, LIMIT

ANYBODY = {"BAD_REQUEST", "METHOD_NOT_ALLOWED", "INTERNAL_ERROR"}
KNOWN_CALLER = {"UNAUTHENTICATED", "FORBIDDEN", "RATE_LIMITED"}
BODY = {"INVALID_JSON", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION_ERROR"}
PAGE = {"INVALID_CURSOR", "VALIDATION_ERROR"}
KEYED = {"IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED", "VALIDATION_ERROR"}

ROW_ID = {
    "in": "path",
    "required": True,
    "description": "The `id` of the row.",
    "schema": {"type": "string", "format": "uuid"},
}

Operation = dict[str, Any]


class ApiSchema(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> Operation:
        operation: Any = super().get_operation(*args, **kwargs)
        marks = {name: operation.pop(name) for name in list(operation) if name.startswith("x-")}
        self._add_parameters(operation.setdefault("parameters", []))
        if "requestBody" in operation:
            operation["requestBody"]["required"] = not marks["x-body-is-optional"]
        answers = operation["responses"]
        for done in answers.values():
            done["headers"] = self._headers()
            if marks["x-links"]:
                done["links"] = {name: {"operationId": name, **link} for name, link in marks["x-links"].items()}
        codes = self._common_codes(operation) | {*marks["x-errors"]}
        for status, found in by_status(codes, marks["x-error-statuses"]).items():
            answers[str(status)] = answer(status, found)
        operation.setdefault("security", [])
        described: Operation = operation
        return described

    def get_filter_backends(self) -> list[Any]:
        return list(getattr(self.view, "filter_backends", ())) if self._is_page() else []

    def _is_list_view(self, serializer: Any = None) -> bool:
        # What the library would make of a list is not what ours look like.
        return False

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [{**ROW_ID, "name": name} for name in variables]

    def _get_pagination_parameters(self) -> list[dict[str, Any]]:
        return [CURSOR, LIMIT] if self._is_page() else []

    def _get_response_for_code(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_for_code(*args, **kwargs)
        for media in found.get("content", {}).values():
            _wrap(media, self.get_extensions()["x-wrapped"])
        return found

    def _is_page(self) -> bool:
        return getattr(self.view, "action", None) == "list"

    def _is_known_caller(self) -> bool:
        return bool(self.view.authentication_classes)

    def _is_keyed(self) -> bool:
        only_looks = getattr(self.view, "action", None) in getattr(self.view, "changes_nothing", ())
        return self.method == "POST" and self._is_known_caller() and not only_looks

    def _add_parameters(self, parameters: list[dict[str, Any]]) -> None:
        parameters.append(ref("parameters", "RequestId"))
        if self._is_keyed():
            parameters.append(ref("parameters", "IdempotencyKey"))

    def _common_codes(self, operation: Operation) -> set[str]:
        has_body = "requestBody" in operation and self._is_known_caller()
        return (
            ANYBODY
            | (KNOWN_CALLER if self._is_known_caller() else set())
            | (BODY if has_body else set())
            | (PAGE if self._is_page() else set())
            | (KEYED if self._is_keyed() else set())
        )

    def _headers(self) -> dict[str, Any]:
        return {"X-Request-Id": ref("headers", "RequestId"), **(REPLAYED if self._is_keyed() else {})}


def _wrap(media: dict[str, Any], wrapped: str) -> None:
    """In the envelope: `row`, `rows`, or a `page` with its meta; `bare` is outside of it."""
    if wrapped == "bare":
        return
    is_row, is_page = wrapped == "row", wrapped == "page"
    schema = media["schema"] if is_row else {"type": "array", "items": media["schema"]}
    properties = {"data": schema, **({"meta": ref("schemas", "PageMeta")} if is_page else {})}
    media["schema"] = {"type": "object", "required": list(properties), "properties": properties}
    for example in media.get("examples", {}).values():
        data = example["value"] if is_row else [example["value"]]
        example["value"] = {"data": data, **({"meta": {"count": 1, "next_cursor": None}} if is_page else {})}
