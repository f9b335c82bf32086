import pytest
from django.utils.html import escape

from bonuses.models import Player
from bonuses.tests.factories import GrantFactory, PlayerFactory
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/bonuses/player/"
ADD = LIST + "add/"
WRITE = tuple(f"bonuses.{verb}_player" for verb in ("view", "add", "change", "delete"))


def filled(**changes: str) -> dict[str, str]:
    form = {"external_id": "p-1", "currency": "eur", "origin": "acme.example", "status": "active", "country": "se"}
    return {**form, "total_deposited": "0", "net_loss": "-0.20", "attributes": '{"vip": true}', **changes}


def page_of(player: Player) -> str:
    return f"{LIST}{player.pk}/change/"


def test_adds_a_player() -> None:
    assert signed_in(*WRITE).post(ADD, filled()).status_code == 302

    player = Player.objects.get()
    assert (player.external_id, player.currency, player.country, player.net_loss) == ("p-1", "EUR", "SE", -20)
    assert player.attributes == {"vip": True}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "taken"}, "external_id"),
        ({"currency": "QQQ"}, "currency"),
        ({"currency": "jpy"}, "net_loss"),
        ({"total_deposited": "1.005"}, "total_deposited"),
        ({"total_deposited": "1,000.00"}, "total_deposited"),
        ({"net_loss": ""}, "net_loss"),
        ({"status": "asleep"}, "status"),
        ({"country": "1!"}, "country"),
        ({"total_deposited": "-1"}, "total_deposited"),
        ({"total_deposited": str(2**53)}, "total_deposited"),
        ({"attributes": "{"}, "attributes"),
        ({"attributes": "[1]"}, "attributes"),
        ({"attributes": '{"a": NaN}'}, "attributes"),
        ({"attributes": '{"a": "\\u0000"}'}, "attributes"),
        ({"attributes": '{"a\\u0000": 1}'}, "attributes"),
        ({"attributes": '{"a": [{"b": "x\\\\\\u0000"}]}'}, "attributes"),
        ({"attributes": '{"a": "\\ud800"}'}, "attributes"),
    ],
)
def test_bad_input_is_said_at_its_field(changes: dict[str, str], field: str) -> None:
    PlayerFactory.create(external_id="taken")

    response = signed_in(*WRITE).post(ADD, filled(**changes))

    assert list(response.context["adminform"].form.errors) == [field]
    assert Player.objects.count() == 1


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (r'{"a": "\\u0000"}', {"a": r"\u0000"}),
        (r'{"\\u0000": ["\\\\u0000"]}', {r"\u0000": [r"\\u0000"]}),
        (r'{"a": "\ud83d\ude00"}', {"a": "\N{GRINNING FACE}"}),
    ],
)
def test_what_only_looks_like_it_is_kept(written: str, kept: dict[str, object]) -> None:
    assert signed_in(*WRITE).post(ADD, filled(attributes=written)).status_code == 302
    assert Player.objects.get().attributes == kept


@pytest.mark.parametrize("typed", [r'{"a": "\ud800"}', r'{"b":1,   "a": "\u0000"}', "{"])
def test_what_was_typed_is_shown_again(typed: str) -> None:
    response = signed_in(*WRITE).post(ADD, filled(attributes=typed))
    assert escape(typed) in text(response)


def test_changes_status_and_attributes_and_leaves_the_external_id() -> None:
    player = PlayerFactory.create(external_id="p-1", net_loss=-20)

    signed_in(*WRITE).post(page_of(player), filled(external_id="p-2", status="bonus_blocked"))

    player.refresh_from_db()
    assert (player.external_id, player.status, player.attributes) == ("p-1", "bonus_blocked", {"vip": True})


@pytest.mark.parametrize(
    ("currency", "typed", "kept", "shown"),
    [("EUR", "1234.5", 123_450, "1234.50"), ("JPY", "1500", 1500, "1500"), ("KWD", "-1.5", -1500, "-1.500")],
)
def test_money_is_in_major_units_of_his_currency(currency: str, typed: str, kept: int, shown: str) -> None:
    client = signed_in(*WRITE)
    total = typed.removeprefix("-")
    client.post(ADD, filled(currency=currency, total_deposited=total, net_loss=typed))
    player = Player.objects.get()
    assert (player.total_deposited, player.net_loss) == (abs(kept), kept)
    form = client.get(page_of(player)).context["adminform"].form
    assert (form["net_loss"].value(), form.fields["net_loss"].widget.unit) == (shown, currency)

    client.post(page_of(player), filled(currency=currency, total_deposited=total, net_loss="1"))
    player.refresh_from_db()
    assert (player.total_deposited, player.net_loss) == (abs(kept), {"EUR": 100, "JPY": 1, "KWD": 1000}[currency])


def test_who_may_only_look_reads_amounts_with_their_currency() -> None:
    player = PlayerFactory.create(currency="KWD", total_deposited=1500, net_loss=-20)
    page = text(signed_in("bonuses.view_player").get(page_of(player)))
    assert "KWD\N{NO-BREAK SPACE}1.500" in page
    assert "-KWD\N{NO-BREAK SPACE}0.020" in page


def test_blocking_a_player_points_at_the_grants_that_are_live() -> None:
    player = GrantFactory.create(player__external_id="p-1").player
    GrantFactory.create(player=player, status="completed")

    done = signed_in(*WRITE).post(page_of(player), filled(status="self_excluded"), follow=True)

    told = messages_in(done)[0]
    assert "1 grants of this player are live" in told
    assert "/admin/bonuses/grant/?attention=player_not_active&amp;q=p-1" in told


def test_finds_by_how_the_external_id_begins() -> None:
    player = PlayerFactory.create(external_id="vip-1")
    PlayerFactory.create(external_id="other-vip-1")
    client = signed_in(*WRITE)

    assert list(client.get(LIST, {"q": "vip-"}).context["cl"].result_list) == [player]


def test_lists_the_grants_of_a_player() -> None:
    grant = GrantFactory.create()
    page = text(signed_in(*WRITE).get(page_of(grant.player)))

    assert f"/admin/bonuses/grant/{grant.pk}/change/" in page
    assert "€10.00" in page
    assert INLINE.search(page) is None


def test_who_may_only_view_can_not_change() -> None:
    player = PlayerFactory.create()
    client = signed_in("bonuses.view_player")

    assert client.get(page_of(player)).status_code == 200
    assert client.get(ADD).status_code == 403
    assert client.post(page_of(player), filled(status="banned")).status_code == 403
    assert client.post(f"{LIST}{player.pk}/delete/", {"post": "yes"}).status_code == 403
    player.refresh_from_db()
    assert player.status == "active"
