"""A process of its own that is to be killed on its way: `python -m bonuses.tests.doomed <verb> <ids>`."""

import os
import subprocess
import sys
from pathlib import Path

import django

if __name__ == "__main__":
    # Before the models are imported.
    django.setup()

from bonuses.models import BonusTemplate, Grant, Player
from bonuses.services import cancel_many, sweep
from bonuses.services.cancel import cancel
from bonuses.services.issue import issue
from bonuses.tests.issuing import request_for
from bonuses.tests.platform_reports import TEST_CAUSE, deliver

ROOT = Path(__file__).resolve().parents[2]


def issue_one(template_id: str, player_id: str) -> None:
    template, player = BonusTemplate.objects.get(pk=template_id), Player.objects.get(pk=player_id)
    issue(request=request_for(template, player, request_key="doomed"), cause=TEST_CAUSE)


def retry_all() -> None:
    sweep.retry_queued()


def cancel_one(grant_id: str) -> None:
    cancel(grant_id=Grant.objects.get(pk=grant_id).pk, cause=TEST_CAUSE, reason="a mistake")


def cancel_all() -> None:
    cancel_many.carry_on()


def hear_of_completion(grant_id: str, event_id: str) -> None:
    grant = Grant.objects.select_related("adapter").get(pk=grant_id)
    deliver(grant, "bonus.completed", {"turned_real": 700}, event_id=event_id)


VERBS = {verb.__name__: verb for verb in (issue_one, retry_all, cancel_one, cancel_all, hear_of_completion)}


def run(database_url: str, verb: str, *ids: object, failpoint: str) -> int:
    """Its return code: minus the number of the signal that killed it."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bonusdesk.tests.settings",
        "DATABASE_URL": database_url,
        "BONUSDESK_FAILPOINT": failpoint,
    }
    command = [sys.executable, "-m", "bonuses.tests.doomed", verb, *map(str, ids)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert ended.returncode <= 0, ended.stderr.decode()
    return ended.returncode


if __name__ == "__main__":
    VERBS[sys.argv[1]](*sys.argv[2:])
