"""A worker that is to be killed on its way: `python -m campaigns.tests.doomed <campaign>`."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import django

if __name__ == "__main__":
    # Before the models are imported.
    django.setup()

from campaigns.fanout import run
from campaigns.models import chunk

ROOT = Path(__file__).resolve().parents[2]


def carry_on(campaign_id: str) -> None:
    """In chunks of three, in waves of two."""
    chunk.SIZE, run.FIRST_WAVE, run.SMALLEST_WAVE = 3, 2, 1
    run.fan_out(uuid.UUID(campaign_id))


def run_to(database_url: str, campaign_id: uuid.UUID, *, failpoint: str) -> int:
    """Its return code: minus the number of the signal that killed it."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bonusdesk.tests.settings",
        "DATABASE_URL": database_url,
        "BONUSDESK_FAILPOINT": failpoint,
    }
    command = [sys.executable, "-m", "campaigns.tests.doomed", str(campaign_id)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=100, check=False)
    assert ended.returncode <= 0, ended.stderr.decode()
    return ended.returncode


if __name__ == "__main__":
    carry_on(sys.argv[1])
