"""What the document says of the fields of segments, by their names; see `bonuses.api.docs.words`."""

WORDS = {
    "kind": "`rules`: whoever they hold for at the moment of asking; `list`: a fixed list.",
    "rules": "The tree of rules.",
    "Segment.rules": "The tree of rules; null: it is a fixed list.",
    "external_ids": "The operator's own ids of the players of a fixed list. One that is named twice counts once.",
    "member_count": "Players on the fixed list; null: it has rules, see its preview.",
    "SegmentAll.all": "All of these must hold.",
    "SegmentAny.any": "At least one of these must hold.",
    "SegmentNot.not": "This must not hold.",
    "SegmentLeaf.field": "A column of the player, or `attributes.` and the key of an attribute.",
    "SegmentLeaf.op": (
        "`contains` is for texts, upper and lower case differ, and for attributes that are lists; `exists` asks "
        "whether there is a value at all."
    ),
    "SegmentLeaf.value": "What to compare with; a list for `in` and `nin`; true, its default, or false for `exists`.",
    "SegmentPreview.count": "Players in it.",
    "SegmentPreview.sample": "The newest of them.",
}
