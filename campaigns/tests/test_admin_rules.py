"""The rule builder of segments in the admin."""

from typing import Any

import pytest

from bonuses.tests.factories import PlayerFactory
from campaigns.models import Segment
from campaigns.tests.admin_pages import SEGMENTS, errors_of, member, seen, segment_page
from campaigns.tests.factories import SegmentFactory
from integrations.tests.admin_client import INLINE, text

pytestmark = pytest.mark.django_db

ADD = SEGMENTS + "add/"
RULES = SEGMENTS + "rules/"
COUNT = SEGMENTS + "rules/count/"
SE = {"field": "country", "op": "eq", "value": "SE"}
ROW = {"rules-0-join": "all", "rules-0_0-name": "country", "rules-0_0-op": "eq", "rules-0_0-value": "SE"}


def filled(**changes: str) -> dict[str, str]:
    return {"name": "North", "kind": "rules", "external_ids": "", **ROW, **changes}


def stored(segment: Segment) -> dict[str, Any]:
    return dict(Segment.objects.filter(pk=segment.pk).values().get())


def test_makes_a_segment_of_rows() -> None:
    member("manager").post(ADD, filled())
    made = Segment.objects.get()
    assert (made.name, made.kind, made.rules) == ("North", "rules", {"all": [SE]})


def test_a_new_one_has_no_rules_until_there_is_a_row() -> None:
    response = member("manager").post(ADD, {"name": "North", "kind": "rules", "rules-0-join": "all"})
    assert errors_of(response) == {"rules": ["Say who is in it."]}


def test_a_fixed_list_needs_no_rows() -> None:
    PlayerFactory(external_id="ann")
    form = {"name": "North", "kind": "list", "external_ids": "ann", "rules-0-join": "all"}
    member("manager").post(ADD, form)
    assert Segment.objects.get().rules is None


def test_bad_rows_are_marked_and_nothing_typed_is_lost() -> None:
    form = filled(**{"rules-0_1-name": "total_deposited", "rules-0_1-op": "gte", "rules-0_1-value": "a lot"})
    response = member("manager").post(ADD, form)
    assert errors_of(response) == {"rules": ["Some of the rules are not complete. See the marked ones."]}
    shown = text(response)
    assert 'value="a lot"' in shown
    assert "<li>&#x27;a lot&#x27; is not an amount; write it like 1234.50.</li>" in shown
    assert not Segment.objects.exists()


def test_its_page_shows_the_rules_in_rows() -> None:
    segment = SegmentFactory(rules={"any": [SE, {"field": "attributes.vip", "op": "eq", "value": True}]})
    shown = text(member("manager").get(segment_page(segment)))
    assert '<option value="any" selected>any of these is true</option>' in shown
    assert '<input type="text" name="rules-0_1-key" id="id_rules_0_1_key" value="vip"' in shown
    assert INLINE.search(shown) is None


def test_what_rows_can_not_show_is_shown_as_json() -> None:
    segment = SegmentFactory(rules={"field": "country", "op": "in", "value": [" SE"]})
    shown = text(member("manager").get(segment_page(segment)))
    assert "rules-0-join" not in shown
    assert '<textarea name="rules"' in shown


@pytest.mark.parametrize("rules", [SE, {"not": {"not": SE}}, {"all": [SE]}])
def test_saving_rows_unchanged_changes_nothing(rules: dict[str, Any]) -> None:
    segment = SegmentFactory(rules=rules)
    before = stored(segment)
    rows = ROW if rules != {"not": {"not": SE}} else {**ROW, "rules-0-join": "none", "rules-0_0-not": "on"}
    response = member("manager").post(segment_page(segment), {"name": segment.name, **rows, **seen(segment)})
    assert response.status_code == 302
    assert stored(segment) == before


def test_changed_rows_are_saved() -> None:
    segment = SegmentFactory(rules=SE)
    changed = {"name": segment.name, **ROW, "rules-0_0-value": "fi", **seen(segment)}
    member("manager").post(segment_page(segment), changed)
    assert stored(segment)["rules"] == {"all": [{**SE, "value": "FI"}]}


def test_without_a_script_its_buttons_save_nothing() -> None:
    segment = SegmentFactory(rules=SE)
    before = stored(segment)
    response = member("manager").post(
        segment_page(segment), {"name": "New", **ROW, "rules_act": "rule 0", **seen(segment)}
    )
    said = "Nothing was saved yet. Save when the rules are as you want them."
    assert errors_of(response) == {"rules": [said]}
    assert 'name="rules-0_1-name"' in text(response)
    assert 'value="New"' in text(response)
    assert stored(segment) == before


def test_json_is_there_for_those_who_want_it() -> None:
    shown = text(member("manager").get(ADD + "?as=json"))
    assert '<textarea name="rules"' in shown
    assert "rules-0-join" not in shown


def test_a_part_of_the_page_follows_what_is_chosen() -> None:
    response = member("manager").post(RULES, {**ROW, "rules_act": "rule 0"})
    shown = text(response)
    assert shown.startswith('<fieldset class="rules-group">')
    assert 'name="rules-0_1-name"' in shown
    assert "errorlist" not in shown
    assert response["HX-Trigger-After-Settle"] == "rulesChanged"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "2 players match."),
        ({"rules-0_0-value": "FI"}, "0 players match."),
        ({"rules-0_0-value": "?"}, "Complete the rules to see who matches."),
    ],
)
def test_counts_who_matches_and_shows_some(changes: dict[str, str], said: str) -> None:
    PlayerFactory(country="SE", external_id="ann")
    PlayerFactory(country="SE", external_id="ben")
    PlayerFactory(country="NO", external_id="carl")
    shown = text(member("manager").post(COUNT, {**ROW, **changes}))
    assert f">{said}</p>" in shown
    assert (">ann</a>" in shown, ">carl</a>" in shown) == (not changes, False)


def test_without_rules_nobody_is_counted() -> None:
    assert "Add a rule to see who matches." in text(member("manager").post(COUNT, {"rules-0-join": "all"}))


@pytest.mark.parametrize("address", [RULES, COUNT])
@pytest.mark.parametrize("role", ["viewer", "operator", "manager", "admin"])
def test_who_may(address: str, role: str) -> None:
    client, allowed = member(role), role in {"manager", "admin"}
    assert client.post(address, ROW).status_code == (200 if allowed else 403)
    assert client.get(address).status_code == 405
