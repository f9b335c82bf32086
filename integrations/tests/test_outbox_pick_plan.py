"""What is delivered must not slow down what is pending, least of all after a burst."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from integrations import outbox
from integrations.models import OutgoingEvent
from integrations.outbox import pick
from integrations.tests.outbox_helpers import event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
EVENTS = 3000


@pytest.fixture
def burst() -> None:
    """Counted while all of it was pending; then the older two thirds were delivered."""
    with transaction.atomic():
        outbox.record([event(grant_id=uuid.UUID(int=number)) for number in range(EVENTS)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_outgoingevent")
        cursor.execute(
            "UPDATE integrations_outgoingevent SET delivered_at = now() WHERE id IN "
            "(SELECT id FROM integrations_outgoingevent ORDER BY id LIMIT %s)",
            [EVENTS * 2 // 3],
        )


def plan_of(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.usefixtures("burst")
@pytest.mark.parametrize("look", [lambda: pick.pick("file", 200), lambda: pick.has_ready("file")])
def test_pending_events_are_found_by_their_own_index(look: Callable[[], object]) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert look()
    [asked] = captured
    assert "Index Scan using event_pending on" in plan_of(asked["sql"])


@pytest.mark.usefixtures("burst")
def test_the_oldest_pending_come_first() -> None:
    pending = OutgoingEvent.objects.filter(delivered_at=None).order_by("id").values_list("id", flat=True)
    assert [message.id for message in pick.pick("file", 200)] == list(pending[:200])


@pytest.mark.parametrize("look", [lambda: pick.pick("file", 200), lambda: pick.has_ready("file")])
def test_parked_grants_are_never_gathered(burst: None, look: Callable[[], object]) -> None:
    """Whatever memory the server allows for it: past that, each event would be compared with every one of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_outgoingevent SET parked_at = now() WHERE delivered_at IS NULL AND id % 3 > 0"
        )
        cursor.execute("SET LOCAL work_mem = '64kB'")
        with CaptureQueriesContext(connection) as captured:
            assert look()
        [asked] = captured
        plan = plan_of(asked["sql"])
    assert "Index Scan using event_pending on" in plan
    assert "Index Only Scan using event_parked on" in plan or "Index Scan using event_parked on" in plan
    assert "hashed" not in plan
    assert "Materialize" not in plan
