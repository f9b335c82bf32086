import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bonuses.models import Stop
from bonuses.services import stop
from bonuses.tests.factories import TemplateFactory
from integrations.tests.admin_client import INLINE, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/bonuses/stop/"
ADD = LIST + "add/"
MAY = "bonuses.use_kill_switch"
BANNER = "Issuing is stopped."


def test_stops_everything_and_lifts_it_again() -> None:
    client = signed_in(MAY)

    client.post(ADD, {"scope": "all", "target": "", "reason": "a leak"})
    found = Stop.objects.get()
    assert (found.key, found.reason, found.set_by) == ("all", "a leak", "olga")

    assert client.get(LIST + "all/delete/").status_code == 200
    assert Stop.objects.exists()
    client.post(LIST + "all/delete/", {"post": "yes"})
    assert not Stop.objects.exists()


def test_stops_one_template_and_lifts_by_the_list() -> None:
    template = TemplateFactory.create()
    client = signed_in(MAY)

    asked = client.get(ADD, {"scope": "template", "target": str(template.pk)})
    assert f'value="{template.pk}"' in text(asked)
    client.post(ADD, {"scope": "template", "target": str(template.pk), "reason": "wrong cap"})
    assert Stop.objects.get().target == template.pk

    chosen = {"action": "delete_selected", "_selected_action": [f"template:{template.pk}"], "post": "yes"}
    client.post(LIST, chosen)
    assert not Stop.objects.exists()


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"scope": "", "target": "", "reason": "a leak"}, "scope"),
        ({"scope": "world", "target": "", "reason": "a leak"}, "scope"),
        ({"scope": "all", "target": "", "reason": ""}, "reason"),
        ({"scope": "all", "target": str(uuid.uuid4()), "reason": "a leak"}, "target"),
        ({"scope": "template", "target": "", "reason": "a leak"}, "target"),
        ({"scope": "template", "target": str(uuid.uuid4()), "reason": "a leak"}, "target"),
        ({"scope": "adapter", "target": "acme", "reason": "a leak"}, "target"),
    ],
)
def test_bad_input_is_said_at_its_field(form: dict[str, str], field: str) -> None:
    response = signed_in(MAY).post(ADD, form)

    assert list(response.context["adminform"].form.errors) == [field]
    assert not Stop.objects.exists()


def test_the_banner_is_on_every_page_while_a_stop_is_on() -> None:
    pages = ("/admin/", LIST, ADD, "/admin/bonuses/grant/", "/admin/bonuses/player/", "/admin/password_change/")
    client = signed_in(MAY, "bonuses.view_grant", "bonuses.view_player")
    assert all(BANNER not in text(client.get(url)) for url in pages)

    stop.stop(scope="all", target=None, reason="a <leak>", by="boss")

    for url in pages:
        page = text(client.get(url))
        assert BANNER in page, url
        assert "everything: a &lt;leak&gt; (boss" in page, url
        assert INLINE.search(page) is None, url


def test_the_banner_is_not_for_strangers_and_costs_one_query() -> None:
    stop.stop(scope="all", target=None, reason="a leak", by="boss")
    assert BANNER not in text(Client().get("/admin/login/"))

    with CaptureQueriesContext(connection) as captured:
        signed_in(MAY).get("/admin/")
    assert sum("bonuses_stop" in query["sql"] for query in captured) == 1


def test_who_may_only_view_can_not_use_it() -> None:
    stop.stop(scope="all", target=None, reason="a leak", by="boss")
    client = signed_in("bonuses.view_stop", "bonuses.add_stop", "bonuses.delete_stop", "bonuses.change_stop")

    assert client.get(LIST).status_code == 200
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"scope": "all", "target": "", "reason": "x"}).status_code == 403
    assert client.post(LIST + "all/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": ["all"], "post": "yes"}
    client.post(LIST, chosen)
    assert Stop.objects.get().reason == "a leak"
