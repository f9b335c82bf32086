"""Pages with a form that open as a dialog: the same content without the frame, and answers that a script can follow."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from bonuses.models import Grant
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from campaigns.tests.begun import begun
from integrations.admin.pages import DIALOG
from integrations.models import Adapter, OutgoingEvent, SinkState
from integrations.platforms import registry
from integrations.tests.admin_client import INLINE, messages_in, text

pytestmark = pytest.mark.django_db

IN_DIALOG = {"HX-Request": "true", "HX-Target": DIALOG}
ADMIN = "/admin"


@pytest.fixture
def client() -> Client:
    found = Client()
    found.force_login(User.objects.create_superuser("olga"))
    return found


@pytest.fixture
def grant(monkeypatch: pytest.MonkeyPatch) -> Grant:
    """Live, at a platform that takes back what it is told to."""
    monkeypatch.setitem(registry.KINDS, KIND, FakePlatform)
    FakePlatform.reset()
    found: Grant = GrantFactory(adapter=AdapterFactory(kind=KIND))
    return found


def of_grant(grant: Grant, name: str) -> str:
    return f"{ADMIN}/bonuses/grant/{grant.pk}/{name}/"


def a_sink(settings: Settings, **fields: Any) -> str:
    settings.EVENT_SINKS = ["kafka"]
    SinkState.objects.create(sink="kafka", **fields)
    return f"{ADMIN}/integrations/sinkstate/kafka"


def parked() -> uuid.UUID:
    grant_id = uuid.uuid4()
    OutgoingEvent.objects.create(
        sink="kafka",
        event_id=uuid.uuid4(),
        key="0:Created",
        kind="BONUS",
        status="Created",
        grant_id=grant_id,
        user_id="player-1",
        body="{}",
        parked_at=timezone.now(),
    )
    return grant_id


def check_part(response: Any, title: str) -> None:
    shown = text(response)
    assert response.status_code == 200
    assert shown.startswith(f'<h1 id="desk-dialog-title">{title}')
    assert "<html" not in shown
    assert f'hx-post="{response.wsgi_request.get_full_path()}"' in shown
    assert 'name="csrfmiddlewaretoken"' in shown
    assert 'id="id_' not in shown
    assert INLINE.search(shown) is None


def test_of_grants(client: Client, grant: Grant) -> None:
    stuck = GrantFactory(status="queued", needs_person=True)
    check_part(client.get(of_grant(grant, "cancel"), headers=IN_DIALOG), "Cancel this grant?")
    check_part(client.get(of_grant(stuck, "resolve"), headers=IN_DIALOG), "Say what became of it")
    check_part(client.get(f"{ADMIN}/bonuses/grant/add/?player=a%26b", headers=IN_DIALOG), "Issue a grant")


@pytest.mark.parametrize(("status", "title"), [("paused", "Pause"), ("archived", "Archive")])
def test_of_templates(client: Client, status: str, title: str) -> None:
    template = TemplateFactory(name="Welcome")
    response = client.get(f"{ADMIN}/bonuses/bonustemplate/{template.pk}/set/{status}/", headers=IN_DIALOG)
    check_part(response, f"{title} “Welcome”")


def test_of_platforms(client: Client) -> None:
    page = f"{ADMIN}/integrations/adapter/{AdapterFactory().pk}"
    for name, title in (("pause", "Pause"), ("resume", "Resume"), ("try", "Test call")):
        check_part(client.get(f"{page}/{name}/", headers=IN_DIALOG), title)


def test_of_sinks(client: Client, settings: Settings) -> None:
    page, grant_id = a_sink(settings, halted_at=timezone.now(), paused_at=timezone.now()), parked()
    for name, title in (
        ("decide", "Decide what became of it"),
        ("pause", "Pause"),
        ("resume", "Resume"),
        ("send-parked-again", "Send again what is parked"),
        (f"parked/{grant_id}/again", f"Send again what is parked of grant {grant_id}"),
        (f"parked/{grant_id}/skip", f"Skip what is parked of grant {grant_id}"),
    ):
        check_part(client.get(f"{page}/{name}/", headers=IN_DIALOG), title)


@pytest.mark.parametrize(("name", "status"), [("pause", "issuing"), ("resume", "paused"), ("cancel", "paused")])
def test_of_campaigns(client: Client, name: str, status: str) -> None:
    campaign = begun(status=status)
    response = client.get(f"{ADMIN}/campaigns/campaign/{campaign.pk}/{name}/", headers=IN_DIALOG)
    check_part(response, name.capitalize())


def test_without_the_script_it_is_a_page(client: Client, grant: Grant) -> None:
    shown = text(client.get(of_grant(grant, "cancel")))
    assert "<html" in shown
    assert "hx-post=" not in shown
    assert 'id="id_reason"' in shown


def test_links_lead_to_the_page_and_ask_for_the_dialog(client: Client, grant: Grant) -> None:
    assert f'<a href="{of_grant(grant, "cancel")}" data-dialog>' in text(client.get(of_grant(grant, "change")))
    assert f'<a href="{ADMIN}/bonuses/grant/add/" class="addlink" data-dialog>' in text(
        client.get(f"{ADMIN}/bonuses/grant/")
    )


def test_a_refusal_is_by_its_field_with_what_was_typed(client: Client) -> None:
    template = TemplateFactory()
    form = {"template": template.pk, "player": "nobody", "reason": "a <gift>", "request_key": uuid.uuid4()}
    refused = client.post(f"{ADMIN}/bonuses/grant/add/", form, headers=IN_DIALOG)
    check_part(refused, "Issue a grant")
    shown = text(refused)
    assert '<ul class="errorlist" id="dialog_player_error"><li>There is no player “nobody”.</li></ul>' in shown
    assert 'aria-describedby="dialog_player_helptext dialog_player_error"' in shown
    assert 'id="dialog_player_helptext"' in shown
    assert 'name="reason" value="a &lt;gift&gt;"' in shown
    assert not Grant.objects.exists()


def test_what_was_done_leads_to_its_page_with_the_message(client: Client, grant: Grant) -> None:
    asked = client.get(of_grant(grant, "cancel"), headers=IN_DIALOG)
    form = {"seen": asked.context["form"]["seen"].value(), "reason": "by mistake"}
    done = client.post(of_grant(grant, "cancel"), form, headers=IN_DIALOG)
    assert (done.status_code, done["HX-Redirect"]) == (200, of_grant(grant, "change"))
    assert "Location" not in done
    grant.refresh_from_db()
    assert grant.status == "cancelled"
    assert messages_in(client.get(of_grant(grant, "change"))) == ["The grant is cancelled."]


def test_sent_twice_it_is_done_once(client: Client, grant: Grant) -> None:
    asked = client.get(of_grant(grant, "cancel"), headers=IN_DIALOG)
    form = {"seen": asked.context["form"]["seen"].value(), "reason": "by mistake"}
    for _ in range(2):
        done = client.post(of_grant(grant, "cancel"), form, headers=IN_DIALOG)
        assert done["HX-Redirect"] == of_grant(grant, "change")
    assert len(FakePlatform.asked) == 1
    assert messages_in(client.get(of_grant(grant, "change")))[-1] == "Nothing was done. The grant is cancelled already."


def test_what_has_changed_is_shown_anew_in_the_dialog(client: Client, grant: Grant) -> None:
    asked = client.get(of_grant(grant, "cancel"), headers=IN_DIALOG)
    form = {"seen": asked.context["form"]["seen"].value(), "reason": "by mistake"}
    Grant.objects.filter(pk=grant.pk).update(transition_count=7)
    again = client.post(of_grant(grant, "cancel"), form, headers=IN_DIALOG)
    check_part(again, "Cancel this grant?")
    assert "The grant has changed since you opened this page." in text(again)
    assert 'value="by mistake"' in text(again)
    assert FakePlatform.asked == []


def test_issuing_asks_once_more_in_the_dialog(client: Client, grant: Grant) -> None:
    PlayerFactory(external_id="player-77")
    add = f"{ADMIN}/bonuses/grant/add/"
    form = {"template": TemplateFactory().pk, "player": "player-77", "reason": "a gift", "request_key": uuid.uuid4()}
    asked = client.post(add, form, headers=IN_DIALOG)
    check_part(asked, "Issue this grant?")
    assert Grant.objects.count() == 1
    agreed = {**form, "seen": asked.context["form"]["seen"].value(), "confirmed": "Issue"}
    done = client.post(add, agreed, headers=IN_DIALOG)
    assert done["HX-Redirect"] == of_grant(Grant.objects.exclude(pk=grant.pk).get(), "change")


def test_who_may_not_is_refused_there_too(grant: Grant) -> None:
    nobody = Client()
    nobody.force_login(User.objects.create_user("nobody", is_staff=True))
    assert nobody.get(of_grant(grant, "cancel"), headers=IN_DIALOG).status_code == 403
    assert nobody.post(of_grant(grant, "cancel"), {"reason": "x"}, headers=IN_DIALOG).status_code == 403
    assert FakePlatform.asked == []
    assert Adapter.objects.count() == 1
