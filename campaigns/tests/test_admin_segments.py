"""Segments in the admin: rules as JSON, or a fixed list, and who is in them now."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bonuses.tests.factories import PlayerFactory
from campaigns.models import Segment, SegmentMember
from campaigns.tests.admin_pages import SEGMENTS, errors_of, member, seen, segment_page
from campaigns.tests.begun import begun
from campaigns.tests.factories import CampaignFactory, SegmentFactory, list_of
from integrations.tests.admin_client import INLINE, messages_in, text

pytestmark = pytest.mark.django_db

ADD = SEGMENTS + "add/"
RULES = {"all": [{"field": "country", "op": "in", "value": ["SE", "FI"]}]}
ROLES = ("viewer", "operator", "manager", "admin")


def filled(**changes: str) -> dict[str, str]:
    return {"name": "North", "kind": "rules", "rules": json.dumps(RULES), "external_ids": "", **changes}


def stored(segment: Segment) -> dict[str, Any]:
    return dict(Segment.objects.filter(pk=segment.pk).values().get())


def members(segment: Segment) -> set[str]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("player__external_id", flat=True))


def tables(response: Any) -> dict[str, list[list[str]]]:
    return {table.title: [[str(cell) for cell in row] for row in table.rows] for table in response.context["tables"]}


def test_the_list_counts_the_members_of_fixed_lists() -> None:
    SegmentFactory(name="By rules")
    listed = list_of([PlayerFactory() for _ in range(3)])
    response = member("viewer").get(SEGMENTS)
    shown = {row.name: response.context["cl"].model_admin.members(row) for row in response.context["cl"].result_list}
    assert shown == {listed.name: "3", "By rules": "by rules"}
    assert "fixed list" in text(response)


def test_makes_one_of_rules() -> None:
    member("manager").post(ADD, filled())
    made = Segment.objects.get()
    assert (made.name, made.kind, made.rules) == ("North", "rules", RULES)


def test_makes_a_fixed_list() -> None:
    ann, ben = PlayerFactory(external_id="ann"), PlayerFactory(external_id="ben")
    member("manager").post(ADD, filled(kind="list", rules="", external_ids=f" {ann}\n\n{ben}\r\n{ann}"))
    made = Segment.objects.get()
    assert (made.kind, made.rules, members(made)) == ("list", None, {"ann", "ben"})


def test_makes_an_empty_list_to_be_filled_by_a_file() -> None:
    member("manager").post(ADD, filled(kind="list", rules=""))
    assert members(Segment.objects.get()) == set()


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("", ["Say who is in it."]),
        ("{", ["Line 1, column 2: not JSON. Expecting property name enclosed in double quotes."]),
        ('{"all": [],\n "any" 1}', ["Line 2, column 8: not JSON. Expecting ':' delimiter."]),
        ("[" * 100_000, ["This is nested too deeply."]),
        (
            '{"field": "country", "op": "eq", "value": "SE", "value": "FI"}',
            ["“value” is there twice in one place."],
        ),
        ("1", ['rules: Must be {"all": […]}, {"any": […]}, {"not": …} or {"field": …, "op": …, "value": …}.']),
        (
            '{"all": [{"field": "shoe", "op": "eq", "value": 1}, {"field": "country", "op": "gt", "value": "SE"}]}',
            [
                "rules.all.0.field: Must be a column of the players or attributes.<key>.",
                "rules.all.1.op: Must be one of eq, ne, in, nin, exists for this field.",
            ],
        ),
        (
            '{"field": "total_deposited", "op": "gte", "value": NaN}',
            ["rules.value: Must be an integer, in minor units of the player's currency."],
        ),
    ],
)
def test_bad_rules_are_said_at_the_field_with_their_path(rules: str, said: list[str]) -> None:
    response = member("manager").post(ADD, filled(rules=rules))
    assert errors_of(response) == {"rules": said}
    assert not Segment.objects.exists()


def test_what_was_typed_stays_as_it_was_typed() -> None:
    typed = '{"all":   [ {"field": "shoe", "op": "eq", "value": 1} ] }'
    response = member("manager").post(ADD, filled(rules=typed))
    assert typed.replace('"', "&quot;") in text(response)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"kind": ""}, {"kind": ["This field is required."]}),
        ({"external_ids": "ann"}, {"external_ids": ["A segment has rules or a fixed list. Leave this empty."]}),
        ({"kind": "list"}, {"rules": ["A fixed list has no rules. Leave this empty."]}),
        (
            {"kind": "list", "rules": "", "external_ids": "ann\nzoe\nyan"},
            {"external_ids": ["There is no player “zoe”.", "There is no player “yan”."]},
        ),
        (
            {"kind": "list", "rules": "", "external_ids": "a\n" * 10_001},
            {"external_ids": ["10,001 are too many here. Longer lists go in by `manage.py import_segment`."]},
        ),
    ],
)
def test_other_bad_input_is_said_at_its_field(changes: dict[str, str], errors: dict[str, list[str]]) -> None:
    PlayerFactory(external_id="ann")
    response = member("manager").post(ADD, filled(**changes))
    assert errors_of(response) == errors
    assert not Segment.objects.exists()


def test_its_page_says_who_is_in_it_now() -> None:
    segment = SegmentFactory(rules={"field": "country", "op": "eq", "value": "SE"})
    for number in range(12):
        PlayerFactory(country="SE", external_id=f"se-{number:02}")
    PlayerFactory(country="FI")
    campaign = CampaignFactory(segment=segment, name="Midsummer")
    response = member("viewer").get(segment_page(segment))
    found = tables(response)
    sample = found["12 players now, some of them"]
    assert len(sample) == 10
    assert {row[4] for row in sample} == {"SE"}
    assert [row[1] for row in found["Campaigns made from it, newest first"]] == ["draft"]
    assert str(campaign.pk) in text(response)
    assert INLINE.search(text(response)) is None


@pytest.mark.parametrize("role", ROLES)
def test_who_is_led_to_the_upload_of_a_file(role: str) -> None:
    listed, rules = list_of([]), SegmentFactory()
    client, may = member(role), role in {"manager", "admin"}
    assert (f'href="{SEGMENTS}csv/"' in text(client.get(SEGMENTS))) is may
    assert (f'href="{segment_page(listed, "csv/")}"' in text(client.get(segment_page(listed)))) is may
    assert "/csv/" not in text(client.get(segment_page(rules)))


def test_rules_that_are_no_longer_taken_do_not_break_its_page() -> None:
    segment = SegmentFactory(rules={"field": "shoe", "op": "eq", "value": 1})
    response = member("manager").get(segment_page(segment))
    assert tables(response)["These rules are no longer taken"] == [
        ["rules.field: Must be a column of the players or attributes.<key>."]
    ]


def test_changes_rules_and_name() -> None:
    segment = SegmentFactory()
    rules = {"not": RULES}
    member("manager").post(segment_page(segment), filled(name="South", rules=json.dumps(rules), **seen(segment)))
    row = stored(segment)
    assert (row["name"], row["rules"], row["kind"]) == ("South", rules, "rules")


def test_saving_it_unchanged_changes_nothing() -> None:
    segment = SegmentFactory(rules=RULES)
    before = stored(segment)
    form = member("manager").get(segment_page(segment)).context["adminform"].form
    shown = form["rules"].value()
    member("admin").post(segment_page(segment), {"name": segment.name, "rules": shown, **seen(segment)})
    assert json.loads(shown) == RULES
    assert stored(segment) == before


def test_a_list_is_replaced_as_a_whole_or_left_as_it_is() -> None:
    ann, ben = PlayerFactory(external_id="ann"), PlayerFactory(external_id="ben")
    segment = list_of([ann])
    client = member("manager")
    client.post(segment_page(segment), {"name": "New", "external_ids": "", **seen(segment)})
    assert (stored(segment)["name"], members(segment)) == ("New", {"ann"})

    response = client.post(segment_page(segment), {"name": "New", "external_ids": "ben\nzoe", **seen(segment)})
    assert errors_of(response) == {"external_ids": ["There is no player “zoe”."]}
    assert members(segment) == {"ann"}

    client.post(segment_page(segment), {"name": "New", "external_ids": str(ben), **seen(segment)})
    assert members(segment) == {"ben"}


def test_the_second_of_two_people_is_told_and_overwrites_nothing() -> None:
    segment = SegmentFactory(rules=RULES)
    opened = filled(name="Mine", **seen(segment))
    member("manager").post(segment_page(segment), filled(name="Theirs", **seen(segment)))
    response = member("admin").post(segment_page(segment), opened)
    assert errors_of(response) == {
        "__all__": ["This was changed after you had opened the page. Look at it again first."]
    }
    assert stored(segment)["name"] == "Theirs"


def test_deletes_one_that_nobody_uses_any_more() -> None:
    unused, ended = list_of([PlayerFactory()]), SegmentFactory()
    begun("issued", segment=ended)
    client = member("manager")
    for segment in (unused, ended):
        assert client.get(segment_page(segment, "delete/")).status_code == 200
        assert Segment.objects.filter(pk=segment.pk).exists()
        client.post(segment_page(segment, "delete/"), {"post": "yes"})
        assert not Segment.objects.filter(pk=segment.pk).exists()
    assert Segment._base_manager.filter(pk=ended.pk).exists()


def test_one_that_a_campaign_uses_is_kept() -> None:
    segment = CampaignFactory().segment
    response = member("manager").post(segment_page(segment, "delete/"), {"post": "yes"}, follow=True)
    assert messages_in(response) == ["Nothing was deleted. A campaign that has not ended uses the segment."]
    assert stored(segment)["removed_at"] is None


def test_a_removed_one_has_no_page() -> None:
    segment = SegmentFactory()
    Segment.objects.filter(pk=segment.pk).update(removed_at=datetime(2030, 1, 1, tzinfo=UTC))
    client = member("manager")
    assert client.get(segment_page(segment)).status_code == 302
    assert list(client.get(SEGMENTS).context["cl"].result_list) == []


@pytest.mark.parametrize("role", ROLES)
def test_who_may(role: str) -> None:
    segment = SegmentFactory(rules=RULES)
    before = stored(segment)
    client, allowed = member(role), role in {"manager", "admin"}
    assert client.get(SEGMENTS).status_code == 200
    page = client.get(segment_page(segment))
    assert "SE" in text(page)
    assert client.post(ADD, filled()).status_code == (302 if allowed else 403)
    assert Segment.objects.count() == 1 + allowed
    changed = client.post(segment_page(segment), filled(name="New", **seen(segment)))
    assert changed.status_code == (302 if allowed else 403)
    assert (stored(segment) == before) is not allowed
    assert client.post(segment_page(segment, "delete/"), {"post": "yes"}).status_code == (302 if allowed else 403)
    assert Segment.objects.filter(pk=segment.pk).exists() is not allowed
