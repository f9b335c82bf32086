from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from bonuses.models import BonusTemplate
from bonuses.services.change_template import TemplateChanged, change_template
from bonuses.services.create_template import create_template
from bonuses.services.remove_template import remove_template
from bonuses.services.template_history import Change, entries
from bonuses.terms import RulesInvalid
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import GrantFactory, TemplateFactory
from bonuses.tests.test_create_template import FIELDS

pytestmark = pytest.mark.django_db


def made() -> BonusTemplate:
    return create_template(fields=FIELDS, by="anna")


def told(template: BonusTemplate) -> list[tuple[str, str, str]]:
    return [(entry.kind, entry.by, entry.reason) for entry in entries(template.pk, most=10)]


def test_making_changing_and_removing_are_kept_with_names_and_reasons() -> None:
    template = made()
    change_template(template_id=template.pk, changes={"status": "paused"}, by="bert", reason="too dear")
    remove_template(template_id=template.pk, by="cleo")

    assert not BonusTemplate.objects.exists()
    assert told(template) == [("-", "cleo", ""), ("~", "bert", "too dear"), ("+", "anna", "")]


def test_archived_instead_of_removed_says_so() -> None:
    grant = GrantFactory()
    remove_template(template_id=grant.template_id, by="cleo")

    assert told(grant.template)[0] == ("~", "cleo", "It was to be removed, and is in use.")


def test_changes_are_told_field_by_field_and_key_by_key() -> None:
    template = made()
    config = {**FIELDS["config"], "count": 30}
    del config["eligible_games"]
    changes = {"name": "More", "config": {**config, "eligible_games": ["book"]}, "max_win_cap": 5000}
    change_template(template_id=template.pk, changes=changes, by="bert")

    [entry, first] = entries(template.pk, most=10)
    assert entry.changes == [
        Change("name", "Spins", "More"),
        Change("config.count", 20, 30),
        Change("config.eligible_games", [], ["book"]),
        Change("max_win_cap", None, 5000),
    ]
    assert (first.changes, first.older) == ([], None)


def test_a_page_of_entries_knows_what_came_before_it() -> None:
    template = made()
    for cap in (1, 2, 3):
        change_template(template_id=template.pk, changes={"max_win_cap": cap}, by="bert")

    newest = entries(template.pk, most=2)
    rest = entries(template.pk, most=2, before=newest[-1].id)
    assert [entry.changes for entry in (*newest, *rest)] == [
        [Change("max_win_cap", 2, 3)],
        [Change("max_win_cap", 1, 2)],
        [Change("max_win_cap", None, 1)],
        [],
    ]


@pytest.mark.parametrize("changes", [{}, {"name": "Spins"}, {"wagering_requirement_multiplier": Decimal("0.00")}])
def test_a_change_of_nothing_is_not_kept(changes: dict[str, Any]) -> None:
    template = made()
    change_template(template_id=template.pk, changes=changes, by="bert")

    assert told(template) == [("+", "anna", "")]


def test_a_refused_change_is_not_kept() -> None:
    template = made()
    with pytest.raises(RulesInvalid):
        change_template(template_id=template.pk, changes={"wagering_basis": "deposit"}, by="bert")

    assert told(template) == [("+", "anna", "")]


def test_callers_of_the_api_are_named(api: ApiClient) -> None:
    template = TemplateFactory()
    assert api.patch(f"bonus-templates/{template.pk}", {"name": "Renamed"}).status_code == 200
    assert api.delete(f"bonus-templates/{template.pk}").status_code == 204

    assert [entry.by for entry in entries(template.pk, most=10)] == ["service", "service", ""]


def test_a_change_of_what_was_not_seen_is_refused() -> None:
    template = made()
    seen = template.updated_at
    change_template(template_id=template.pk, changes={"max_win_cap": 7}, by="bert", unchanged_since=seen)

    with pytest.raises(TemplateChanged, match=r"^bert changed this template"):
        change_template(template_id=template.pk, changes={"max_win_cap": 8}, by="cleo", unchanged_since=seen)

    template.refresh_from_db()
    assert template.max_win_cap == 7
    assert [by for _, by, _ in told(template)] == ["bert", "anna"]


def test_templates_from_before_have_a_first_row() -> None:
    template = TemplateFactory(max_win_cap=5)
    BonusTemplate.history.all().delete()
    migration = import_module("bonuses.migrations.0004_template_history")

    migration.begin_history(apps, SimpleNamespace(connection=connection))

    [entry] = entries(template.pk, most=10)
    assert (entry.kind, entry.by, entry.at) == ("~", "", template.updated_at)
    change_template(template_id=template.pk, changes={"max_win_cap": 6}, by="bert")
    assert entries(template.pk, most=1)[0].changes == [Change("max_win_cap", 5, 6)]
