"""Deleting a platform in the admin: only one that was never used, and without a list of all that was done with it."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bonuses.models import Grant
from bonuses.tests.factories import AdapterFactory, GrantFactory
from integrations.models import Adapter, WebhookDelivery
from integrations.tests.admin_client import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in("integrations.view_adapter", "integrations.delete_adapter")


def address(adapter: Adapter) -> str:
    return f"/admin/integrations/adapter/{adapter.pk}/delete/"


def test_one_that_was_never_used(client: Client) -> None:
    adapter = AdapterFactory()
    assert "Are you sure" in client.get(address(adapter)).content.decode()
    assert client.post(address(adapter), {"post": "yes"}).status_code == 302
    assert Adapter.objects.count() == 0


def test_one_with_grants(client: Client) -> None:
    grants = [GrantFactory() for _ in range(3)]
    adapter = grants[0].adapter
    page = client.post(address(adapter), {"post": "yes"})
    assert f"{adapter}: its grants and webhooks" in page.content.decode()
    assert [str(grant.pk) for grant in grants if str(grant.pk) in page.content.decode()] == []
    assert (Adapter.objects.count(), Grant.objects.count()) == (1, 3)


def test_one_with_webhooks(client: Client) -> None:
    adapter = AdapterFactory()
    WebhookDelivery.objects.create(adapter=adapter, event="bonus_completed", body="{}", outcome="unknown_grant")
    client.post(address(adapter), {"post": "yes"})
    assert Adapter.objects.count() == 1


def test_it_asks_whether_there_is_one_and_not_for_all(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    adapter = GrantFactory().adapter
    client.get(address(adapter))
    with django_assert_max_num_queries(10) as asked:
        client.get(address(adapter))
    of_grants = [query["sql"] for query in asked if "bonuses_grant" in query["sql"]]
    assert len(of_grants) == 1
    assert "LIMIT 1" in of_grants[0]
