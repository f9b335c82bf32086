import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from integrations.models import OutgoingEvent, SinkState
from integrations.tests.outbox_helpers import OTHER_GRANT, event, recorded, states

pytestmark = pytest.mark.django_db(transaction=True)


def database_url() -> str:
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    return f"postgres://{config['USER']}:{config['PASSWORD']}@{config['HOST']}:{config['PORT']}/{config['NAME']}"


def deliver_in_a_process(file: Path, failpoint: str = "") -> int:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
        "DJANGO_DEBUG": "1",
        "DATABASE_URL": database_url(),
        "EVENT_FILE": str(file),
        "EVENT_SINKS": "file",
        "BONUSDESK_FAILPOINT": failpoint,
    }
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "deliver_events"]
    return subprocess.run(command, env=environment, check=False, capture_output=True, timeout=100).returncode


def expire_lease() -> None:
    """As ten seconds would."""
    SinkState.objects.update(leased_until="2020-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("failpoint", "written_before", "left_by_the_killed", "times_written"),
    [
        ("outbox.before_send", 0, "pending", 1),
        ("outbox.after_send", 3, "pending", 2),
        ("outbox.after_settle", 3, "delivered", 1),
    ],
)
def test_a_killed_deliverer_loses_nothing_and_keeps_the_order(
    tmp_path: Path, failpoint: str, written_before: int, left_by_the_killed: str, times_written: int
) -> None:
    file = tmp_path / "events.jsonl"
    recorded(event("Pending"), event("Created"), event("Pending", grant_id=OTHER_GRANT))
    assert deliver_in_a_process(file, failpoint) == -signal.SIGKILL
    assert len(file.read_text().splitlines() if file.exists() else []) == written_before
    assert set(states().values()) == {left_by_the_killed}

    # Its lease is still there, and holds others off until it has run out.
    assert deliver_in_a_process(file) == 0
    assert len(file.read_text().splitlines() if file.exists() else []) == written_before

    expire_lease()
    assert deliver_in_a_process(file) == 0
    assert set(states().values()) == {"delivered"}
    assert SinkState.objects.get().epoch == 2
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    ids = [str(id_) for id_ in OutgoingEvent.objects.order_by("id").values_list("event_id", flat=True)]
    assert [line["event_id"] for line in lines] == ids * times_written
    assert [line["type"] for line in lines] == ["BONUS"] * 3 * times_written
