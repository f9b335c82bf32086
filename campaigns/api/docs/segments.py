from typing import Any

from drf_spectacular.utils import OpenApiExample

from bonuses.api.docs.examples import NOON, PLAYER
from bonuses.api.docs.operation import described, operation
from campaigns.api.docs.campaign_examples import SEGMENT_ID
from campaigns.api.docs.segment_shapes import NewSegment, Segment, SegmentChange, SegmentPreview
from campaigns.api.serializers import NoFields

TAG = "Segments"
NOT_FOUND = "SEGMENT_NOT_FOUND"
THIS = {"id": "$response.body#/data/id"}
LINKS = {
    "getSegment": {"parameters": THIS, "description": "The segment itself."},
    "changeSegment": {"parameters": THIS, "description": "Change the segment."},
    "removeSegment": {"parameters": THIS, "description": "Remove the segment."},
    "previewSegment": {"parameters": THIS, "description": "Who is in it."},
    "createCampaign": {
        "requestBody": {"segment_id": "$response.body#/data/id"},
        "description": "Make a campaign for this segment.",
    },
    "listCampaigns": {
        "parameters": {"segment_id": "$response.body#/data/id"},
        "description": "The campaigns for this segment.",
    },
}
RULES: dict[str, Any] = {
    "all": [
        {"field": "total_deposited", "op": "gte", "value": 10000},
        {"field": "country", "op": "in", "value": ["DE", "AT"]},
        {"not": {"field": "attributes.vip_level", "op": "gt", "value": 2}},
    ]
}
MADE = {"id": SEGMENT_ID, "created_at": NOON, "updated_at": NOON}
OF_RULES = {**MADE, "name": "Depositors", "kind": "rules", "rules": RULES, "member_count": None}
OF_LIST = {**MADE, "name": "Invited", "kind": "list", "rules": None, "member_count": 2}
ROWS = [
    OpenApiExample("rules", value=OF_RULES, response_only=True),
    OpenApiExample("fixed list", value=OF_LIST, response_only=True),
]

describe_segments = described(
    list=operation(
        "listSegments",
        "List segments",
        "Newest first. An empty filter does not filter.",
        tag=TAG,
        answers={200: (Segment, "A page of segments.")},
        wrapped="page",
        filters={
            "kind": "Only segments of this kind.",
            "q": "Only segments with this text in their name, in upper or lower case.",
        },
        examples=ROWS,
    ),
    retrieve=operation(
        "getSegment",
        "Read a segment",
        "The full row, without the players.",
        tag=TAG,
        answers={200: (Segment, "The segment.")},
        errors=[NOT_FOUND],
        links=LINKS,
        examples=ROWS,
    ),
    create=operation(
        "createSegment",
        "Make a segment",
        "Of rules, which choose anew each time they are asked, or a fixed list of up to 10,000 players, in one body of "
        "up to 4 MiB. The players must be known; `details` names those that are not by their place in the list.",
        tag=TAG,
        answers={201: (Segment, "The segment that was made.")},
        links=LINKS,
        request=NewSegment,
        examples=[
            OpenApiExample("of rules", value={"name": "Depositors", "rules": RULES}, request_only=True),
            OpenApiExample(
                "of players",
                value={"name": "Invited", "external_ids": ["player-4711", "player-4712"]},
                request_only=True,
            ),
            *ROWS,
        ],
    ),
    partial_update=operation(
        "changeSegment",
        "Change a segment",
        "Fields that are absent stay as they are; a list is replaced as a whole. The kind can't be changed. A campaign "
        "that is being issued keeps the audience it began with.",
        tag=TAG,
        answers={200: (Segment, "The segment as it is now.")},
        errors=[NOT_FOUND],
        links=LINKS,
        request=SegmentChange,
        examples=[
            OpenApiExample("another name", value={"name": "Invited in January"}, request_only=True),
            OpenApiExample("another list", value={"external_ids": ["player-4711"]}, request_only=True),
            *ROWS,
        ],
    ),
    destroy=operation(
        "removeSegment",
        "Remove a segment",
        "Campaigns that have ended still name the segment they were made from. One that has not ended needs it.",
        tag=TAG,
        answers={204: (None, "Removed.")},
        errors=[NOT_FOUND, "SEGMENT_IN_USE"],
    ),
    preview=operation(
        "previewSegment",
        "Preview a segment",
        "Who is in it now: how many, and ten of them. Nothing is changed.",
        tag=TAG,
        answers={200: (SegmentPreview, "Who is in it.")},
        errors=[NOT_FOUND],
        request=NoFields,
        body_is_optional=True,
        examples=[
            OpenApiExample("nothing to say", value={}, request_only=True),
            OpenApiExample("preview", value={"count": 1, "sample": [PLAYER]}, response_only=True),
        ],
    ),
)
