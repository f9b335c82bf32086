"""POSTs with an `Idempotency-Key`, for tests, and a process of its own that is killed on its way through one."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    # Before the models are imported.
    django.setup()

from django.utils import timezone

from bonusdesk.models import IdempotencyKey
from bonuses.models import Grant
from bonuses.tests.api_client import ApiClient
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.fake_platform import KIND

ROOT = Path(__file__).resolve().parents[2]
SECRET = "test-internal-secret"
KEY = "order-4711"

TEMPLATE = {"name": "Welcome", "type": "no_deposit", "config": {"amount": 1000, "currency": "EUR"}}
PLAYER = {"external_id": "player-1", "currency": "EUR", "origin": "acme.example"}


def post(api: ApiClient, path: str, body: Any = None, *, key: str = KEY) -> Any:
    return api.post(path, body, headers={"Idempotency-Key": key})


def order(**template: Any) -> dict[str, Any]:
    """The body of a grant that could be given any number of times, at the fake platform or the adapter there is."""
    AdapterFactory(kind=KIND)
    ids = {
        "template_id": str(TemplateFactory(**{"max_grants_per_player": None, **template}).pk),
        "player_id": str(PlayerFactory().pk),
    }
    return {**ids, "granted_by_kind": "api"}


def told(response: Any) -> tuple[int, str, bool]:
    """Status, error code, and whether it says that it is a replay."""
    error = response.json().get("error", {})
    return response.status_code, error.get("code", ""), response.get("Idempotent-Replayed") == "true"


def grant_of(response: Any) -> str:
    """The id of the grant that an answer is about."""
    body = response.json()
    found: str = body["data"]["id"] if "data" in body else body["error"]["details"]["grant_id"]
    return found


def lapse() -> None:
    """As if the process that works on the key had been silent for longer than its lease."""
    past = timezone.now() - timedelta(seconds=1)
    assert IdempotencyKey.objects.filter(running_until__isnull=False).update(running_until=past) == 1


def the_grant() -> Grant:
    """There is one."""
    return Grant.objects.get()


def killed(database_url: str, path: str, body: Any, *, at: str) -> None:
    """POST in a process that dies at the failpoint."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bonusdesk.tests.settings",
        "DATABASE_URL": database_url,
        "BONUSDESK_FAILPOINT": at,
    }
    command = [sys.executable, "-m", "bonusdesk.tests.keyed", path, json.dumps(body)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


if __name__ == "__main__":
    post(ApiClient(**{"X-Internal-Secret": SECRET}), sys.argv[1], json.loads(sys.argv[2]))
