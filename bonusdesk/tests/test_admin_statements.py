"""No page of the admin asks the database more than fifteen times, however many rows there are."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from bonusdesk.tests.admin_rows import MAKE, SINKS
from bonuses import tasks
from integrations.models import SinkState

pytestmark = pytest.mark.django_db

MOST = 15


@pytest.fixture
def client(settings: Settings) -> Client:
    """Of the group that may do everything."""
    settings.EVENT_SINKS = list(SINKS)
    user = User.objects.create_user("olga", is_staff=True)
    user.groups.add(Group.objects.get(name="admin"))
    found = Client()
    found.force_login(user)
    return found


def check(client: Client, *pages: str) -> None:
    asked = {}
    for page in pages:
        # What a process learns once, such as the ids of content types and what groups may, is known by then.
        assert client.get(page, follow=True).status_code in (200, 403), page
        with CaptureQueriesContext(connection) as found:
            client.get(page)
        asked[page] = [query["sql"][:200] for query in found]
    assert {page: statements for page, statements in asked.items() if len(statements) > MOST} == {}


def test_every_registered_model_has_rows_to_look_at() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == set(MAKE)


@pytest.mark.parametrize("label", sorted(MAKE))
def test_pages_of_a_model(client: Client, label: str) -> None:
    row, name = MAKE[label](), label.replace(".", "_")
    pages = [reverse(f"admin:{name}_{page}") for page in ("changelist", "add")]
    pages += [reverse(f"admin:{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    check(client, *pages)


def test_the_front_page_with_everything_in_trouble(client: Client) -> None:
    for make in MAKE.values():
        SinkState.objects.all().delete()
        make()
    tasks.count_grants()
    SinkState.objects.update(halted_at=None)
    check(client, "/admin/", "/admin/desk/running/", "/admin/desk/charts/grants.svg", "/admin/desk/charts/cost.svg")


def test_pages_that_do_something(client: Client) -> None:
    grant, campaign, adapter = MAKE["bonuses.grant"](), MAKE["campaigns.campaign"](), MAKE["integrations.adapter"]()
    MAKE["integrations.sinkstate"]()
    of_grant, of_campaign = f"/admin/bonuses/grant/{grant.pk}", f"/admin/campaigns/campaign/{campaign.pk}"
    of_adapter, of_sink = f"/admin/integrations/adapter/{adapter.pk}", "/admin/integrations/sinkstate/kafka"
    check(
        client,
        f"{of_grant}/cancel/",
        *(f"{of_campaign}/{name}/" for name in ("preview", "pause", "cancel", "status", "result")),
        *(f"{of_adapter}/{name}/" for name in ("pause", "resume", "try")),
        *(f"{of_sink}/{name}/" for name in ("decide", "pause", "resume", "send-parked-again")),
    )
