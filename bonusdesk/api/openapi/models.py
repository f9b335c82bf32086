"""Pydantic models as components: what a body must be, and what an answer looks like."""

# The library is typed, but not to the last function.
# mypy: disable-error-code="no-untyped-call"

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.plumbing import ResolvedComponent
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from bonuses.api.docs.words import WORDS as BONUS_WORDS
from campaigns.api.docs.campaign_words import WORDS as CAMPAIGN_WORDS
from campaigns.api.docs.segment_words import WORDS as SEGMENT_WORDS

WORDS = {**BONUS_WORDS, **CAMPAIGN_WORDS, **SEGMENT_WORDS}
PLACE = "#/components/schemas/"
NO_NUL = r"^[^\x00]*$"
BLANKS = r"\x09-\x0d\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What `\\s` is to pydantic, written out: other readers of patterns each have their own idea of it."""
NOT_BLANK = rf"^[^\x00]*[^\x00{BLANKS}][^\x00]*$"


class StrictSchemas(GenerateJsonSchema):
    """As strict as the parser that reads a body before the models do, and without titles."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        written = super().str_schema(schema)
        pattern = written.get("pattern", NO_NUL)
        return {**written, "pattern": NOT_BLANK if pattern == r"\S" else pattern}

    def any_schema(self, schema: core_schema.AnySchema) -> JsonSchemaValue:
        return {"x-ref": "JsonValue"}

    def _common_dict_schema(self, schema: Any) -> JsonSchemaValue:
        return {"x-ref": "JsonObject"}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        if not isinstance(inner.get("type"), str) or "x-ref" in inner:
            return super().nullable_schema(schema)
        choices = inner.pop("enum", None) or ([inner.pop("const")] if "const" in inner else None)
        nullable: JsonSchemaValue = {**inner, "type": [inner["type"], "null"]}
        return {**nullable, "enum": [*choices, None]} if choices else nullable


class ModelExtension(OpenApiSerializerExtension):
    target_class = "pydantic.BaseModel"
    match_subclasses = True
    priority = 1

    def get_name(self, auto_schema: Any = None, direction: Any = None) -> str:
        return str(self.target.__name__)

    def get_identity(self, auto_schema: Any, direction: Any) -> str:
        # As for a model that was met inside of another.
        return self.get_name()

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = self.target.model_json_schema(ref_template=PLACE + "{model}", schema_generator=StrictSchemas)
        for name, part in schema.pop("$defs", {}).items():
            component = ResolvedComponent(name, ResolvedComponent.SCHEMA, finished(part, name), object=name)
            auto_schema.registry.register_on_missing(component)
        return finished(schema, self.target.__name__)


def finished(schema: dict[str, Any], model: str) -> dict[str, Any]:
    """With our words, references by name, and without what only pydantic needs."""
    for name, field in schema.get("properties", {}).items():
        words = WORDS.get(f"{model}.{name}") or WORDS.get(name)
        if words and "description" not in field:
            field["description"] = words
    schema.pop("title", None)
    tidied: dict[str, Any] = _tidy(schema)
    return tidied


def _tidy(node: Any) -> Any:
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidied = {key: _tidy(value) for key, value in node.items()}
    if tidied.get("default", ...) is None:
        # An absent field takes its default, which null is not.
        del tidied["default"]
    if "x-ref" in tidied:
        words = {"description": tidied["description"]} if "description" in tidied else {}
        return {"$ref": PLACE + tidied["x-ref"], **words}
    return tidied
