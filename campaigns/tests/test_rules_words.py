"""Rules as they are shown to who only reads them."""

import re
from typing import Any

import pytest

from bonuses.tests.factories import PlayerFactory
from campaigns.admin.rules.words import in_words
from campaigns.tests.admin_pages import member, segment_page
from campaigns.tests.factories import SegmentFactory
from integrations.tests.admin_client import INLINE, text

IN_MONEY = "in the player&#x27;s currency, with decimals as of EUR"


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (leaf("country", "in", ["SE", "FI"]), ["All of these are true:", "Country is one of SE, FI"]),
        ({"not": leaf("status", "eq", "active")}, ["All of these are true:", "Not: Status is active"]),
        (leaf("net_loss", "gte", 12_345), ["All of these are true:", f"Net loss is at least 123.45 {IN_MONEY}"]),
        (
            leaf("total_deposited", "in", [1, 2]),
            ["All of these are true:", f"Total deposited is one of 0.01, 0.02 {IN_MONEY}"],
        ),
        (leaf("country", "exists", False), ["All of these are true:", "Country has no value"]),
        (
            {"any": [leaf("attributes.<vip>", "exists", True), {"not": {"any": [leaf("origin", "eq", "a & b")]}}]},
            [
                "Any of these is true:",
                "Attribute &lt;vip&gt; has a value",
                "None of these is true:",
                "Brand is a &amp; b",
            ],
        ),
    ],
)
def test_in_the_words_of_the_builder(rules: dict[str, Any], words: list[str]) -> None:
    assert [part for part in re.split(r"</?(?:div|ul|li)[^>]*>", in_words(rules)) if part] == words


def test_what_rows_can_not_show_is_json() -> None:
    shown = in_words(leaf("country", "in", [" <SE>"]))
    assert "As JSON, amounts in minor units:" in shown
    assert "&lt;SE&gt;" in shown


@pytest.mark.django_db
def test_who_may_only_look_reads_them() -> None:
    PlayerFactory()
    segment = SegmentFactory(rules=leaf("total_deposited", "gte", 10_000))
    shown = text(member("viewer").get(segment_page(segment)))
    assert f"Total deposited is at least 100.00 {IN_MONEY}" in shown
    assert INLINE.search(shown) is None
