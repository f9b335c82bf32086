"""A platform's form by two people at once, and sent twice."""

import pytest

from integrations.admin.adapter_form import STALE
from integrations.models import Adapter
from integrations.platforms.switch import switch
from integrations.tests.admin_client import INLINE, signed_in, text
from integrations.tests.test_admin_adapter import ADD, WRITE, filled, page_of, stored

pytestmark = pytest.mark.django_db


def test_the_second_of_two_people_is_told_and_overwrites_nothing() -> None:
    adapter = stored()
    first, second = signed_in(*WRITE), signed_in(*WRITE, name="otto")
    page = first.get(page_of(adapter))
    seen = page.context["adminform"].form["seen"].value()
    assert INLINE.search(text(page)) is None
    second.post(page_of(adapter), filled(max_concurrency="8", seen=seen))

    refused = first.post(page_of(adapter), filled(name="Renamed", token="typed-now", seen=seen))

    form = refused.context["adminform"].form
    assert form.errors == {"__all__": [STALE]}
    assert 'value="Renamed"' in text(refused)
    assert "typed-now" not in text(refused)
    adapter.refresh_from_db()
    assert (adapter.name, adapter.max_concurrency, adapter.token) == ("Acme", 8, "the-token")

    first.post(page_of(adapter), filled(name="Renamed", max_concurrency="8", seen=form["seen"].value()))
    adapter.refresh_from_db()
    assert (adapter.name, adapter.max_concurrency) == ("Renamed", 8)


def test_a_pause_in_between_is_not_undone() -> None:
    adapter = stored()
    client = signed_in(*WRITE)
    seen = client.get(page_of(adapter)).context["adminform"].form["seen"].value()
    switch(adapter_id=adapter.pk, on=False, by="otto", reason="it is down")

    refused = client.post(page_of(adapter), filled(seen=seen))

    assert refused.context["adminform"].form.errors == {"__all__": [STALE]}
    assert not Adapter.objects.get().is_active


def test_a_change_sent_twice_is_made_once() -> None:
    adapter = stored()
    client = signed_in(*WRITE)
    seen = client.get(page_of(adapter)).context["adminform"].form["seen"].value()
    form = filled(webhook_secret="new-webhook", rotate="on", seen=seen)

    client.post(page_of(adapter), form)
    client.post(page_of(adapter), form)

    # A second rotation would have lost the secret that the platform may still sign with.
    assert Adapter.objects.get().webhook_secrets == ("new-webhook", "old-webhook")


def test_a_new_one_sent_twice_is_made_once() -> None:
    client = signed_in(*WRITE)
    client.post(ADD, filled())

    again = client.post(ADD, filled())

    assert list(again.context["adminform"].form.errors) == ["slug"]
    assert Adapter.objects.count() == 1
