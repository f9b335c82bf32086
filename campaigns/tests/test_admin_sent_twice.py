"""Forms for something new, sent twice: what a second click sends makes nothing."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from bonuses.admin.once import SENT_BEFORE
from bonuses.admin.service_form import ServiceAdmin
from bonuses.tests.factories import PlayerFactory
from campaigns.admin import campaign as campaign_module
from campaigns.admin import segment as segment_module
from campaigns.models import Campaign, Segment
from campaigns.tests.admin_pages import CAMPAIGNS, SEGMENTS, member
from campaigns.tests.test_admin_campaign import filled as campaign_form
from campaigns.tests.test_admin_segment_csv import NEW, send, upload_in
from campaigns.tests.test_admin_segments import filled as segment_form
from integrations.tests.admin_client import messages_in

pytestmark = pytest.mark.django_db


def opened(client: Client, address: str) -> str:
    return str(client.get(address).context["key"])


def test_a_campaign() -> None:
    client = member("manager")
    form = {**campaign_form(), "key": opened(client, f"{CAMPAIGNS}add/")}

    client.post(f"{CAMPAIGNS}add/", form)
    again = client.post(f"{CAMPAIGNS}add/", {**form, "name": "Another"}, follow=True)

    made = Campaign.objects.get()
    assert (str(made.pk), made.name) == (form["key"], "Midsummer")
    assert messages_in(again)[-1] == SENT_BEFORE
    assert again.redirect_chain == [(f"{CAMPAIGNS}{made.pk}/change/", 302)]


def test_a_segment() -> None:
    client = member("manager")
    form = {**segment_form(), "key": opened(client, f"{SEGMENTS}add/")}

    client.post(f"{SEGMENTS}add/", form)
    again = client.post(f"{SEGMENTS}add/", {**form, "name": "Another"}, follow=True)

    made = Segment.objects.get()
    assert (str(made.pk), made.name) == (form["key"], "North")
    assert messages_in(again)[-1] == SENT_BEFORE


def test_a_refused_form_keeps_its_key_and_makes_one_when_it_is_right() -> None:
    client = member("manager")
    form = {**segment_form(), "key": opened(client, f"{SEGMENTS}add/")}

    refused = client.post(f"{SEGMENTS}add/", {**form, "name": ""})

    assert str(refused.context["key"]) == form["key"]
    assert not Segment.objects.exists()
    client.post(f"{SEGMENTS}add/", form)
    assert str(Segment.objects.get().pk) == form["key"]


@pytest.mark.parametrize("key", ["", "mine", None])
def test_what_is_no_key_makes_one_all_the_same(key: str | None) -> None:
    form = segment_form() if key is None else {**segment_form(), "key": key}
    member("manager").post(f"{SEGMENTS}add/", form)
    assert Segment.objects.get().name == "North"


@pytest.mark.parametrize(
    ("module", "service", "address"),
    [(campaign_module, "create_campaign", CAMPAIGNS), (segment_module, "create_segment", SEGMENTS)],
)
def test_both_at_once(monkeypatch: pytest.MonkeyPatch, module: Any, service: str, address: str) -> None:
    """The other one commits after this one has looked, and before it writes."""
    create = getattr(module, service)
    client, other = member("manager"), member("admin")
    form = {**(campaign_form() if address == CAMPAIGNS else segment_form()), "key": opened(client, f"{address}add/")}

    def overtaken(**given: Any) -> Any:
        monkeypatch.undo()
        other.post(f"{address}add/", form)
        return create(**given)

    monkeypatch.setattr(module, service, overtaken)
    # The other's commit must outlive the failure of this one, as it would outside of a test's transaction.
    monkeypatch.setattr(ServiceAdmin, "changeform_view", lambda admin, *given: admin._changeform_view(*given))

    answer = client.post(f"{address}add/", form)

    assert (answer.status_code, answer["Location"]) == (302, f"{address}{form['key']}/change/")
    assert (Campaign if address == CAMPAIGNS else Segment).objects.count() == 1


def test_another_integrity_error_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**given: Any) -> Segment:
        raise IntegrityError("something else")

    monkeypatch.setattr(segment_module, "create_segment", broken)
    client = member("manager")
    form = {**segment_form(), "key": opened(client, f"{SEGMENTS}add/")}
    with pytest.raises(IntegrityError, match="something else"):
        client.post(f"{SEGMENTS}add/", form)


def test_a_list_from_a_file() -> None:
    PlayerFactory(external_id="a")
    client = member("manager")
    upload = upload_in(send(client, NEW, "external_id\na\n", name="From a file"))

    client.post(NEW, {"upload": upload})
    again = client.post(NEW, {"upload": upload}, follow=True)

    assert Segment.objects.get().name == "From a file"
    assert messages_in(again)[-1] == SENT_BEFORE
