"""The document as a judge: of what is sent, and of what comes back."""

import copy
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

from bonusdesk.api.openapi.document import document

Node = dict[str, Any]


@cache
def operations() -> dict[str, tuple[str, str]]:
    """Operation id → path and method."""
    paths = document()["paths"]
    return {operation["operationId"]: (path, method) for path in paths for method, operation in paths[path].items()}


def operation(operation_id: str) -> Node:
    path, method = operations()[operation_id]
    found: Node = document()["paths"][path][method]
    return found


def resolved(node: Node) -> Node:
    """What a reference stands for."""
    if "$ref" not in node:
        return node
    found: Any = document()
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found)


def body_faults(operation_id: str, body: Any) -> list[str]:
    return faults(operation(operation_id)["requestBody"]["content"]["application/json"]["schema"], body)


def check_answer(operation_id: str, response: Any) -> Any:
    """Asserts that this answer is documented, to the last key and header; returns its body."""
    answers = operation(operation_id)["responses"]
    assert str(response.status_code) in answers, (operation_id, response.status_code, response.content)
    answer = resolved(answers[str(response.status_code)])
    for name, header in answer["headers"].items():
        assert name in response.headers or not resolved(header).get("required"), (operation_id, name)
    if "content" not in answer:
        assert response.content == b""
        return None
    assert response["Content-Type"] == "application/json"
    found = faults(answer["content"]["application/json"]["schema"], response.json(), strict=True)
    assert found == [], (operation_id, response.json())
    return response.json()


def faults(schema: Node, value: Any, *, strict: bool = False) -> list[str]:
    """`strict`: keys that are not documented are faults too."""
    root = {**_closed(schema), "components": _closed_components()} if strict else {**schema, **_components()}
    return [error.message for error in Draft202012Validator(root, validate_formats=True).iter_errors(value)]


def _components() -> Node:
    return {"components": document()["components"]}


@cache
def _closed_components() -> Node:
    return {"schemas": {name: _closed(schema) for name, schema in document()["components"]["schemas"].items()}}


def _closed(node: Any) -> Any:
    """The same schema, without room for keys that it does not name."""
    node = copy.deepcopy(node)
    for each in _nodes(node):
        if each.get("type") == "object" and "properties" in each:
            each.setdefault("additionalProperties", False)
    return node


def _nodes(node: Any) -> list[Node]:
    inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    return [node] * isinstance(node, dict) + [found for each in inner for found in _nodes(each)]


def all_nodes() -> list[Node]:
    return _nodes(document())
