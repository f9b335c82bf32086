"""The page “Why?”: asked by a GET, answered as a list, with nothing changed."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from bonuses.admin.why_words import TITLES
from bonuses.models import BonusTemplate, Player
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import rate
from bonuses.tests.platform_reports import everything
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

WHY = "/admin/bonuses/grant/why/"


@pytest.fixture
def client() -> Client:
    return signed_in("bonuses.view_grant")


def member(role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, player: Player | str, template: BonusTemplate | str, **more: Any) -> Any:
    player_id = player if isinstance(player, str) else player.external_id
    template_id = template if isinstance(template, str) else str(template.pk)
    return client.get(f"{WHY}?{urlencode({'player': player_id, 'template': template_id, **more})}")


def test_the_answer_is_a_list_of_checks_with_the_numbers(client: Client) -> None:
    grant = GrantFactory(status="forfeited")
    before = everything()

    answer = ask(client, grant.player, grant.template)

    page = text(answer)
    assert INLINE.search(page) is None
    assert answer.context["answer"].verdict == "The player has had this bonus as often as allowed."
    [section] = answer.context["answer"].sections
    assert [(line.icon, line.outcome) for line in section.lines[-2:]] == [("✕", "refused"), ("–", "not reached")]
    assert section.lines[-2].numbers == "1 of 1 grant used"
    assert f"/admin/bonuses/grant/{grant.pk}/change/" in page
    assert everything() == before


@pytest.mark.parametrize("by", ["pk", "name"])
def test_a_template_by_its_id_or_name_and_a_player_by_his_id(client: Client, by: str) -> None:
    AdapterFactory()
    template, player = TemplateFactory(), PlayerFactory()
    answer = ask(client, str(player.pk), str(getattr(template, by)))
    assert answer.context["answer"].is_good


def test_an_external_id_wins_over_another_players_id(client: Client) -> None:
    other = PlayerFactory()
    named = PlayerFactory(external_id=str(other.pk))
    answer = ask(client, str(other.pk), TemplateFactory())
    assert answer.context["form"].cleaned_data["player"] == named


@pytest.mark.parametrize(
    ("asked", "errors"),
    [
        ({"player": "nobody"}, {"player": ["There is no player “nobody”."]}),
        ({"player": ""}, {"player": ["This field is required."]}),
        ({"player": "a\x00b"}, {"player": ["Null characters are not allowed."]}),
        ({"template": "nothing"}, {"template": ["There is no template “nothing”."]}),
        ({"template": "twice"}, {"template": ["There are several with this name; give the template’s id."]}),
        ({"deposit": "many"}, {"deposit": ["'many' is not an amount; write it like 1234.50."]}),
        ({"deposit": "0"}, {"deposit": ["Must be more than nothing."]}),
        ({"deposit": "1.505"}, {"deposit": ["EUR has 2 decimals, and 1.505 has more."]}),
        ({"template": "nothing", "deposit": "1.50"}, {"template": ["There is no template “nothing”."]}),
    ],
)
def test_bad_input_is_told_by_the_field(client: Client, asked: dict[str, str], errors: dict[str, list[str]]) -> None:
    TemplateFactory(name="twice")
    TemplateFactory(name="twice")
    PlayerFactory(external_id="p-1")
    TemplateFactory(name="once")
    answer = client.get(WHY, {"player": "p-1", "template": "once", **asked})
    assert answer.status_code == 200
    assert answer.context["form"].errors == errors
    assert answer.context["answer"] is None


@pytest.mark.parametrize(("currency", "typed", "told"), [("EUR", "50.5", "€50.50"), ("JPY", "5000", "JP¥5,000")])
def test_the_deposit_is_in_major_units_of_the_templates_currency(
    client: Client, currency: str, typed: str, told: str
) -> None:
    AdapterFactory()
    rate("JPY", "EUR", "0.006")
    config = {"match_percent": 100, "cap_amount": 1_000_000, "currency": currency}
    answer = ask(client, PlayerFactory(), TemplateFactory(type="deposit_match", config=config), deposit=typed)
    [section] = answer.context["answer"].sections
    [amount] = [line for line in section.lines if line.title == TITLES["amount"]]
    assert (amount.outcome, told in amount.numbers) == ("passed", True)
    assert f'value="{typed}"' in text(answer)
    assert f'<span class="unit" id="unit_deposit">{currency}</span>' in text(answer)


def test_links_fill_in_what_they_know(client: Client) -> None:
    answer = client.get(WHY, {"player": "p-1"})
    assert answer.context["form"].errors == {}
    assert 'value="p-1"' in text(answer)


def test_player_template_and_grants_lead_there() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    player, template = PlayerFactory(external_id="p&1"), TemplateFactory()
    assert f"{WHY}?player=p%261" in text(client.get(f"/admin/bonuses/player/{player.pk}/change/"))
    assert f"{WHY}?template={template.pk}" in text(client.get(f"/admin/bonuses/bonustemplate/{template.pk}/change/"))
    assert WHY in text(client.get("/admin/bonuses/grant/"))


@pytest.mark.parametrize("role", ["viewer", "operator", "manager", "admin"])
def test_whoever_may_view_grants_may_ask(role: str) -> None:
    assert member(role).get(WHY).status_code == 200


def test_nobody_else_may_and_nobody_may_post(client: Client) -> None:
    assert signed_in("bonuses.view_player", name="erik").get(WHY).status_code == 403
    assert Client().get(WHY).status_code == 302
    assert client.post(WHY, {"player": "p", "template": "t"}).status_code == 405


def test_the_page_takes_few_statements() -> None:
    """At its dearest: three currencies, and each rate is asked for."""
    AdapterFactory()
    rate("GBP", "EUR", "1.2")
    rate("SEK", "EUR", "0.1")
    config = {"percent": 10, "window_days": 7, "min_loss": 1, "cap_amount": 5000, "currency": "GBP"}
    template = TemplateFactory(type="cashback", config=config)
    player = PlayerFactory(currency="SEK", net_loss=100_000)
    GrantFactory.create_batch(5, template=template, player=player)
    client = member("viewer")
    client.get(WHY)
    with CaptureQueriesContext(connection) as captured:
        answer = ask(client, player, template)
    assert answer.context["answer"].is_good
    assert len(captured) <= 15, "\n".join(query["sql"] for query in captured.captured_queries)
