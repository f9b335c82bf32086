"""What issuing costs the database, and that it holds nothing there while it waits for the platform."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from bonuses.models import Grant
from bonuses.services.cancel import cancel
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, give
from bonuses.tests.platform_reports import TEST_CAUSE
from integrations.models import Adapter

pytestmark = pytest.mark.django_db(transaction=True)


def statements(captured: CaptureQueriesContext) -> str:
    return "\n".join(query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize(("request_key", "most"), [(None, 14), ("key-1", 15)])
def test_a_grant_in_the_base_currency_takes_few_statements(
    adapter: Adapter, request_key: str | None, most: int
) -> None:
    template, player = TemplateFactory(time_limit_hours=24), PlayerFactory()
    with CaptureQueriesContext(connection) as captured:
        assert give(template, player, request={"request_key": request_key}).status == "active"
    words = [query["sql"].split()[0] for query in captured.captured_queries]
    assert (words.count("BEGIN"), words.count("COMMIT")) == (2, 2), statements(captured)
    assert len(captured) <= most, statements(captured)


def lock_from_elsewhere(grant: Grant) -> bool:
    """Whether another connection gets the row (on SQLite: the database) without having to wait for ours."""
    got = threading.Event()

    def lock() -> None:
        with transaction.atomic():
            Grant.objects.locked().get(pk=grant.pk)
            got.set()
        connections.close_all()

    thread = threading.Thread(target=lock, daemon=True)
    thread.start()
    thread.join(timeout=10)
    return got.is_set()


def test_no_transaction_is_open_while_the_platform_is_asked_to_credit(adapter: Adapter, wire: Wire) -> None:
    seen: list[tuple[bool, bool]] = []
    wire.before_next(lambda: seen.append((connection.in_atomic_block, lock_from_elsewhere(Grant.objects.get()))))
    give()
    assert seen == [(False, True)]


def test_no_transaction_is_open_while_the_platform_is_asked_to_cancel(adapter: Adapter, wire: Wire) -> None:
    seen: list[tuple[bool, bool]] = []
    grant = give()
    wire.before_next(lambda: seen.append((connection.in_atomic_block, lock_from_elsewhere(grant))))
    cancel(grant_id=grant.pk, cause=TEST_CAUSE)
    assert seen == [(False, True)]
