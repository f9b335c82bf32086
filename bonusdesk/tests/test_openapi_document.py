"""docs/openapi.json is what the code says, whole, and true of every address."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema_rs import meta

from bonusdesk.api.errors import STATUS
from bonusdesk.api.openapi.document import COMMITTED, as_committed, document
from bonusdesk.api.openapi.views import PublicView
from bonusdesk.api.unknown import UnknownAddressView
from bonusdesk.tests.contract import all_nodes, faults, operation, operations, resolved

NOT_OF_AN_ADDRESS = {
    "TRANSITION_REFUSED": "what may become of a grant is checked before",
    "GRANT_NOT_UNRESOLVED": "of the admin",
    "ADAPTER_PAUSED": "pauses a campaign",
    "CHANGED_MEANWHILE": "of the admin",
    "JOB_NOT_STARTABLE": "of the admin",
    "LIVE_GRANT": "the reason why a recipient was skipped",
    "DELIVERY_NOT_REAPPLICABLE": "of the admin",
    "BONUS_GRANT_NOT_FOUND": "a grant that is not there is a NOT_FOUND",
}


def test_the_committed_file_is_what_the_code_says() -> None:
    assert COMMITTED.read_bytes() == as_committed(), "make openapi"


def test_nothing_is_left_undescribed_and_the_document_is_valid() -> None:
    made = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS
    validate_schema(made)
    assert json.loads(json.dumps(made)) == document()


def test_every_schema_is_one() -> None:
    for schema in document()["components"]["schemas"].values():
        meta.validate(schema)


def addresses(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        place = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, place)
        elif place.startswith("/v1/") and isinstance(pattern, URLPattern):
            yield from ((place, method) for method in methods(pattern.callback))


def methods(view: Any) -> set[str]:
    if issubclass(view.cls, PublicView | UnknownAddressView):
        return set()
    known = view.actions if hasattr(view, "actions") else view.cls.http_method_names
    return {name for name in known if name not in {"head", "options"}}


def test_every_address_and_method_is_in_it_and_nothing_else() -> None:
    served = {
        (place.replace("<str:pk>", "{id}").replace("<slug:slug>", "{slug}"), method)
        for place, method in addresses(get_resolver().url_patterns)
    }
    assert served == set(operations().values())


def test_every_error_is_documented() -> None:
    written = {node["const"] for node in all_nodes() if node.get("const") in STATUS}
    assert written == set(STATUS) - set(NOT_OF_AN_ADDRESS)


def test_every_reference_leads_somewhere() -> None:
    references = [node for node in all_nodes() if isinstance(node.get("$ref"), str)]
    assert len(references) > 100
    assert all(resolved(node) for node in references)


@pytest.mark.parametrize("operation_id", operations())
def test_every_operation_is_described(operation_id: str) -> None:
    found = operation(operation_id)
    assert all(found[key] for key in ("summary", "description", "tags"))
    for parameter in map(resolved, found["parameters"]):
        assert parameter["description"], parameter["name"]
    for status, answer in found["responses"].items():
        assert resolved(answer)["description"], status
        assert "X-Request-Id" in resolved(answer)["headers"], status
    for body in contents(found):
        assert body["examples"]


def contents(found: dict[str, Any]) -> list[dict[str, Any]]:
    bodies = [found["requestBody"]] if "requestBody" in found else []
    holders = bodies + [resolved(answer) for answer in found["responses"].values()]
    return [media for holder in holders for media in holder.get("content", {}).values()]


def test_every_field_is_described() -> None:
    nameless = {"error", "details", "data", "meta"}
    bare = {
        f"{model}.{name}"
        for model, schema in document()["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if not field.get("description") and name not in nameless
    }
    assert bare == set()


@pytest.mark.parametrize("operation_id", operations())
def test_every_example_is_one(operation_id: str) -> None:
    for media in contents(operation(operation_id)):
        for name, example in media["examples"].items():
            assert faults(media["schema"], resolved(example)["value"], strict=True) == [], name


@pytest.mark.parametrize("operation_id", operations())
def test_every_link_leads_to_an_operation_that_takes_it(operation_id: str) -> None:
    for answer in operation(operation_id)["responses"].values():
        for name, link in resolved(answer).get("links", {}).items():
            target = operation(link["operationId"])
            known = {resolved(parameter)["name"] for parameter in target["parameters"]}
            assert set(link.get("parameters", {})) <= known, name
            assert "requestBody" in target or "requestBody" not in link, name
