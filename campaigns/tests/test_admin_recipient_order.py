"""The list of recipients is in an order that an index has: a campaign may have a million of them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.tests.begun import begun, with_recipients
from integrations.tests.admin_client import signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/campaigns/recipient/"


@pytest.fixture
def client() -> Client:
    return signed_in("campaigns.view_recipient")


def shown(client: Client, **query: Any) -> tuple[list[int], str]:
    """Numbers of the rows of the page, and how its statement orders them."""
    with CaptureQueriesContext(connection) as asked:
        page: Any = client.get(LIST, query)
    [statement] = [str(one["sql"]) for one in asked if "bonuses_player" in str(one["sql"])]
    return [row.number for row in page.context_data["cl"].result_list], statement.partition("ORDER BY")[2]


def test_of_one_campaign_in_the_order_of_the_audience(client: Client) -> None:
    campaign = begun()
    with_recipients(campaign, ["granted", "skipped", "pending"])
    numbers, order = shown(client, campaign=campaign.pk)
    assert numbers == [0, 1, 2]
    assert order.lstrip().startswith('"campaigns_recipient"."campaign_id" ASC, "campaigns_recipient"."number" ASC')


def test_of_all_the_newest_campaign_first(client: Client) -> None:
    with_recipients(begun(), ["granted"])
    with_recipients(begun(), ["granted", "granted"])
    numbers, order = shown(client)
    assert numbers == [1, 0, 0]
    assert order.lstrip().startswith('"campaigns_recipient"."campaign_id" DESC, "campaigns_recipient"."number" DESC')


def test_no_column_offers_another(client: Client) -> None:
    with_recipients(begun(), ["granted"])
    assert "?o=" not in client.get(LIST).content.decode()
