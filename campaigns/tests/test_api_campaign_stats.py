"""What a row says of its recipients: exact, in the statement that reads the row, and at the cost of the chunks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from bonuses.tests.api_client import ApiClient
from campaigns.models import Chunk
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory
from campaigns.tests.test_api_campaigns import NOBODY, data

pytestmark = pytest.mark.django_db


def test_they_are_the_sum_of_the_chunks(api: ApiClient) -> None:
    campaign = begun()
    for number, counts in enumerate([(1, 2, 3, 4), (10, 20, 30, 40), (0, 0, 0, 0)]):
        pending, granted, skipped, failed = counts
        Chunk.objects.create(
            campaign=campaign,
            number=number,
            untouched=0,
            pending=pending,
            granted=granted,
            skipped=skipped,
            failed=failed,
        )
    with_recipients(begun(), ["granted"])
    row = data(api.get(f"bonus-campaigns/{campaign.pk}"))
    assert row["stats"] == {"pending": 11, "granted": 22, "skipped": 33, "failed": 44}
    assert list(row["stats"]) == ["pending", "granted", "skipped", "failed"]


def test_each_row_of_a_list_has_its_own(api: ApiClient) -> None:
    with_recipients(begun(), ["granted", "skipped"])
    CampaignFactory()
    with_recipients(begun(), ["pending"])
    assert [row["stats"] for row in data(api.get("bonus-campaigns"))] == [
        {**NOBODY, "pending": 1},
        NOBODY,
        {**NOBODY, "granted": 1, "skipped": 1},
    ]


def test_more_than_a_machine_word_holds_four_bytes_of(api: ApiClient) -> None:
    """A sum of integers is no integer any more to some databases."""
    campaign = begun()
    for number in range(2):
        Chunk.objects.create(campaign=campaign, number=number, untouched=0, pending=2**31 - 1)
    assert data(api.get(f"bonus-campaigns/{campaign.pk}"))["stats"]["pending"] == 2**32 - 2


@pytest.mark.parametrize("path", ["bonus-campaigns/{}", "bonus-campaigns"])
def test_row_and_numbers_are_one_statement_that_reads_no_recipient(
    api: ApiClient, django_assert_num_queries: DjangoAssertNumQueries, path: str
) -> None:
    campaign = begun()
    with_recipients(campaign, ["granted", "pending"])
    api.get("bonus-campaigns")
    with django_assert_num_queries(1), CaptureQueriesContext(connection) as asked:
        assert api.get(path.format(campaign.pk)).status_code == 200
    [statement] = [query["sql"] for query in asked]
    assert "campaigns_chunk" in statement
    assert "campaigns_recipient" not in statement


@pytest.mark.postgres
def test_the_chunks_are_found_by_their_index(api: ApiClient) -> None:
    campaign = begun()
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        api.get(f"bonus-campaigns/{campaign.pk}")
        [statement] = [query["sql"] for query in asked if "campaigns_chunk" in query["sql"]]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "campaigns_chunk" in plan
    assert "Seq Scan" not in plan
