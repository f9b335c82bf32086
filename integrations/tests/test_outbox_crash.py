"""A deliverer that is killed loses nothing and keeps the order, whatever it delivers to."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import Settings

from integrations import outbox
from integrations.models import OutgoingEvent, SinkState
from integrations.tests.outbox_helpers import GRANT, OTHER_GRANT, event, recorded, states
from integrations.tests.sink_worlds import SinkWorld

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@dataclass(frozen=True)
class Death:
    failpoint: str
    sent_before: int
    left: str
    sent: int
    """In all, to a receiver that is told again what it may have."""


DEATHS = (
    Death("outbox.before_send", 0, "pending", 1),
    Death("outbox.after_send", 1, "pending", 2),
    Death("outbox.after_settle", 1, "delivered", 1),
)

Kill = Callable[[str], int]


@pytest.fixture
def kill_at(sink: str, world: SinkWorld, database_url: str, settings: Settings) -> Kill:
    """Runs `manage.py deliver_events` in a process of its own that dies at the failpoint; returns its exit code."""
    settings.EVENT_SINKS = [sink]
    environment = {
        **os.environ,
        **world.environment(),
        "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
        "DJANGO_DEBUG": "1",
        "DATABASE_URL": database_url,
        "EVENT_SINKS": sink,
    }
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "deliver_events"]

    def run(failpoint: str) -> int:
        armed = {**environment, "BONUSDESK_FAILPOINT": failpoint}
        return subprocess.run(command, env=armed, check=False, capture_output=True, timeout=100).returncode

    return run


def expire_lease() -> None:
    """As ten seconds would."""
    SinkState.objects.update(leased_until="2020-01-01T00:00:00Z")


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.failpoint)
def test_a_killed_deliverer_loses_nothing_and_keeps_the_order(
    kill_at: Kill, sink: str, world: SinkWorld, death: Death
) -> None:
    recorded(event("Pending"), event("Created"), event("Pending", grant_id=OTHER_GRANT))
    assert kill_at(death.failpoint) == -signal.SIGKILL
    assert len(world.read()) == 3 * death.sent_before
    assert set(states().values()) == {death.left}

    # Its lease is still there, and holds others off until it has run out.
    assert not outbox.deliver(sink).was_leased
    assert len(world.read()) == 3 * death.sent_before

    expire_lease()
    assert outbox.deliver(sink).trouble == ""
    assert set(states().values()) == {"delivered"}
    state = SinkState.objects.get()
    assert (state.epoch, state.in_flight) == (2, None)
    seen = [(one.kind, one.event_id, one.body.decode()) for one in world.read()]
    rows = OutgoingEvent.objects.order_by("id").values_list("kind", "event_id", "body")
    sent = [(kind, str(event_id), body) for kind, event_id, body in rows]
    times = 1 if world.is_seen_once else death.sent
    assert sorted(seen) == sorted(sent * times)
    for grant, count in ((GRANT, 2), (OTHER_GRANT, 1)):
        of_grant = [one for one in sent if str(grant) in one[2]]
        assert len(of_grant) == count
        assert [one for one in seen if one in of_grant] == of_grant * times
