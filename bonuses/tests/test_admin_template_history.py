import uuid

import pytest
from django.test import Client

from bonuses.admin import template_history
from bonuses.models import BonusTemplate
from bonuses.services.change_template import change_template
from bonuses.services.remove_template import remove_template
from bonuses.tests.factories import TemplateFactory
from integrations.tests.admin_client import signed_in, text

pytestmark = pytest.mark.django_db

VIEW = "bonuses.view_bonustemplate"


def page_of(client: Client, template_id: uuid.UUID, query: str = "") -> str:
    response = client.get(f"/admin/bonuses/bonustemplate/{template_id}/history/{query}")
    assert response.status_code == 200
    return text(response)


def test_old_and_new_are_told_field_by_field_in_words() -> None:
    template = TemplateFactory(max_win_cap=5000)
    changes = {
        "config": {"amount": 2550, "currency": "KWD"},
        "max_win_cap": None,
        "status": "paused",
        "max_bet_action": "ignore",
        "game_contribution": {"slots": 100},
    }
    change_template(template_id=template.pk, changes=changes, by="bert <b>", reason="agreed with legal")

    page = page_of(signed_in(VIEW), template.pk)

    for told in (
        "bert &lt;b&gt;",
        "Changed: agreed with legal",
        "Amount: <del>€10.00</del> → <ins>KWD\N{NO-BREAK SPACE}2.550</ins>",
        "Currency: <del>EUR</del> → <ins>KWD</ins>",
        "Most that can be won: <del>€50.00</del> → <ins>–</ins>",
        "Status: <del>Active</del> → <ins>Paused</ins>",
        "Max bet action: <del>forfeit the bonus</del> → <ins>do not count the bet</ins>",
        "What games count: <del>–</del> → <ins>slots 100</ins>",
        "€10 without a deposit, no wagering",
    ):
        assert told in page


def test_what_is_gone_still_has_its_history() -> None:
    template = TemplateFactory(name="Short lived")
    remove_template(template_id=template.pk, by="cleo")

    page = page_of(signed_in(VIEW), template.pk)

    assert "History of “Short lived”" in page
    assert "Removed" in page
    assert "cleo" in page


def test_older_entries_are_a_page_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_history, "SHOWN", 2)
    template = TemplateFactory()
    for name in ("First", "Second", "Third"):
        change_template(template_id=template.pk, changes={"name": name}, by="bert")
    client = signed_in(VIEW)

    page = page_of(client, template.pk)
    oldest_shown = BonusTemplate.history.order_by("-history_id")[1].history_id

    assert "<del>First</del> → <ins>Second</ins>" in page
    assert "→ <ins>First</ins>" not in page
    assert f'<a href="?before={oldest_shown}">Older</a>' in page
    older = page_of(client, template.pk, f"?before={oldest_shown}")
    assert "→ <ins>First</ins>" in older
    assert "Older" not in older


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "٣"])
def test_a_place_that_is_none_shows_the_newest(before: str) -> None:
    template = TemplateFactory()

    assert "Made" in page_of(signed_in(VIEW), template.pk, f"?before={before}")


def test_who_may_not_view_templates_may_not_view_their_history() -> None:
    template = TemplateFactory()
    client = signed_in("bonuses.view_grant")

    assert client.get(f"/admin/bonuses/bonustemplate/{template.pk}/history/").status_code == 403


@pytest.mark.parametrize("missing", [str(uuid.UUID(int=5)), "no-id"])
def test_an_id_that_is_none_is_not_found(missing: str) -> None:
    assert signed_in(VIEW).get(f"/admin/bonuses/bonustemplate/{missing}/history/").status_code == 404
