"""Killed at any moment, each event is there for `read_committed` readers exactly once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from integrations.models import SinkState
from integrations.tests.kafka_helpers import expire_lease, ids, record_some
from integrations.tests.outbox_helpers import states
from scripts.eyes.kafka import KafkaEye

pytestmark = pytest.mark.django_db(transaction=True)


def deliver_in_a_process(eye: KafkaEye, database_url: str, failpoint: str = "") -> int:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
        "DJANGO_DEBUG": "1",
        "DATABASE_URL": database_url,
        "EVENT_SINKS": "kafka",
        "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS": eye.servers,
        "FASTTRACK_KAFKA_TOPIC": eye.topic,
        "FASTTRACK_KAFKA_TRANSACTIONAL_ID": eye.topic,
        "FASTTRACK_KAFKA_OPTIONS": json.dumps({"linger.ms": 1}),
        "BONUSDESK_FAILPOINT": failpoint,
    }
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "deliver_events", "--sink", "kafka"]
    return subprocess.run(command, env=environment, check=False, capture_output=True, timeout=100).returncode


@pytest.mark.parametrize(
    ("failpoint", "in_the_log_and_committed", "left_by_the_killed"),
    [
        ("kafka.noted", (0, 0), "pending"),
        ("kafka.produced", (5, 0), "pending"),
        ("kafka.committed", (5, 5), "pending"),
        ("outbox.after_send", (5, 5), "pending"),
        ("outbox.after_settle", (5, 5), "delivered"),
    ],
)
def test_a_killed_deliverer_neither_loses_nor_doubles_anything(
    failpoint: str,
    in_the_log_and_committed: tuple[int, int],
    left_by_the_killed: str,
    kafka_eye: KafkaEye,
    database_url: str,
) -> None:
    sent = record_some()
    assert deliver_in_a_process(kafka_eye, database_url, failpoint) == -signal.SIGKILL
    assert (len(kafka_eye.read_uncommitted()), len(kafka_eye.read())) == in_the_log_and_committed
    assert set(states().values()) == {left_by_the_killed}
    assert (SinkState.objects.get().in_flight is None) == (left_by_the_killed == "delivered")

    expire_lease()
    assert deliver_in_a_process(kafka_eye, database_url) == 0
    seen = kafka_eye.read()
    assert sorted(ids(seen)) == sorted(sent)
    # All are of one user, so that the order in the partition is that of each grant.
    assert ids(seen) == sent
    assert set(states().values()) == {"delivered"}
    assert SinkState.objects.get().in_flight is None
