"""Segments and their rules: what a caller sends, and what comes back."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from bonuses.api.bodies import Body
from bonuses.api.docs.player_shapes import Player
from bonuses.api.docs.scalars import DESCRIBED_ONLY, Choice, Id, Moment, Shape, Text
from bonuses.api.serializers import absent
from bonuses.money import MAX_MINOR
from campaigns.api.segment_bodies import ChangeSegment, CreateSegment, ExternalIds
from campaigns.rule_fields import ATTRIBUTES, COLUMNS, LISTS, MAX_KEY, MAX_LIST, MAX_TEXT, ORDER, STATUSES
from campaigns.rules import MAX_NODES

Node = dict[str, Any]

TEXT: Node = {"type": "string", "maxLength": MAX_TEXT, "pattern": r"^[^\x00]*$"}
AMOUNT: Node = {"type": "integer", "minimum": -MAX_MINOR, "maximum": MAX_MINOR}
TIME: Node = {"type": "string", "format": "date-time"}
NUMBER: Node = {"type": "number", "minimum": -MAX_MINOR, "maximum": MAX_MINOR}
VALUES: dict[str, Node] = {
    "id": {"type": "string", "format": "uuid"},
    "external_id": TEXT,
    "currency": {"x-ref": "Currency"},
    "origin": TEXT,
    "status": {"type": "string", "enum": list(STATUSES)},
    "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
    "total_deposited": AMOUNT,
    "net_loss": AMOUNT,
    "created_at": TIME,
    "updated_at": TIME,
}
ATTRIBUTE = {"type": "string", "pattern": rf"^attributes\.[^\x00]{{1,{MAX_KEY}}}$"}
OPS = ATTRIBUTES.ops


def _leaves(field: Node, ops: tuple[str, ...], value: Node) -> list[Node]:
    """By what stands in `value`: one, a list, or whether there is one."""
    one = [op for op in ops if op not in LISTS and op != "exists"]
    many = {"type": "array", "minItems": 1, "maxItems": MAX_LIST, "items": value}
    return [
        {"properties": {"field": field, "op": {"enum": one}, "value": value}, "required": ["value"]},
        {"properties": {"field": field, "op": {"enum": sorted(LISTS)}, "value": many}, "required": ["value"]},
        {"properties": {"field": field, "op": {"const": "exists"}, "value": {"type": "boolean"}}},
    ]


def _ways() -> list[Any]:
    columns = [leaf for name in COLUMNS for leaf in _leaves({"const": name}, COLUMNS[name].ops, VALUES[name])]
    unordered = tuple(op for op in OPS if op not in ORDER)
    return [
        *columns,
        *_leaves(ATTRIBUTE, unordered, {"anyOf": [TEXT, NUMBER, {"type": "boolean"}]}),
        {
            "properties": {"field": ATTRIBUTE, "op": {"enum": list(ORDER)}, "value": {"anyOf": [TEXT, NUMBER]}},
            "required": ["value"],
        },
    ]


class RulePart(Body):
    model_config = DESCRIBED_ONLY


class SegmentLeaf(RulePart):
    """One question about a player; the field decides the ops it knows and the values it takes."""

    model_config = ConfigDict(json_schema_extra={"anyOf": _ways()})

    field: Text
    op: Annotated[str, WithJsonSchema({"type": "string", "enum": list(OPS)})]
    value: Any = absent()


class SegmentAll(RulePart):
    """Holds where all of its rules do."""

    all: Annotated[list["SegmentRule"], Field(min_length=1, max_length=MAX_NODES - 1)]


class SegmentAny(RulePart):
    """Holds where one of its rules does."""

    any: Annotated[list["SegmentRule"], Field(min_length=1, max_length=MAX_NODES - 1)]


class SegmentNot(RulePart):
    """Holds where its rule does not."""

    not_: Annotated["SegmentRule", Field(alias="not")]


class SegmentRule(Choice[SegmentAll | SegmentAny | SegmentNot | SegmentLeaf]):
    """A rule, true or false of every player. At most 10 levels deep, 200 nodes, and 2,000 values in all.

    A player without a value (no such attribute, one that is null, no country) fails each question but `ne`, `nin` and
    `exists` with false. Values of another type are different values: the text "5" is neither 5 nor less than 6.
    """


def _rules_or_list(schema: Node) -> None:
    """One of the two."""
    rules, listed = {"type": "object"}, {"type": "array"}
    schema["anyOf"] = [
        {"required": ["rules"], "properties": {"rules": rules, "external_ids": {"type": "null"}}},
        {"required": ["external_ids"], "properties": {"external_ids": listed, "rules": {"type": "null"}}},
    ]


class NewSegment(CreateSegment):
    """A segment to be made: either of rules, or a fixed list."""

    model_config = ConfigDict(json_schema_extra=_rules_or_list, **DESCRIBED_ONLY)

    rules: SegmentRule | None = None
    external_ids: ExternalIds | None = None


class SegmentChange(ChangeSegment):
    """What to change; fields that are absent stay. Only what the segment's kind has: rules, or a list."""

    model_config = DESCRIBED_ONLY

    rules: SegmentRule = absent()


class Segment(Shape):
    """A set of players."""

    id: Id
    name: Text
    kind: Literal["rules", "list"]
    rules: SegmentRule | None
    member_count: Annotated[int, Field(ge=0)] | None
    created_at: Moment
    updated_at: Moment


class SegmentPreview(Shape):
    """Who is in it at this moment."""

    count: Annotated[int, Field(ge=0)]
    sample: Annotated[list[Player], Field(max_length=10)]
