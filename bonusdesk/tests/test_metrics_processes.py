"""A real gunicorn with two processes: whichever is asked, it answers for both, and a killed one's counts stay."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parent.parent.parent
PLAYERS = "/v1/players"


class Web:
    """gunicorn, started as the documentation says, with its temporary files under `folder`."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self._pool = urllib3.PoolManager(retries=False, timeout=30, headers={"Connection": "close"})
        environment = {
            "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
            "DATABASE_URL": database_url,
            "CELERY_BROKER_URL": f"filesystem://{folder / 'broker'}",
            "TMPDIR": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "gunicorn", "bonusdesk.wsgi", "--workers", "2", "--bind", "127.0.0.1:0"]
        with (folder / "web.log").open("wb") as log:
            self.master = subprocess.Popen(
                [*command, "--no-control-socket"], cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log
            )
        self.wait_for(lambda: self.heard("Listening at"))
        self.url = self.heard("Listening at")[0]["event"].split()[2]

    def wait_for(self, condition: Callable[[], Any]) -> None:
        until = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < until, (self.folder / "web.log").read_text()
            time.sleep(0.05)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "web.log").read_text().splitlines()]

    def heard(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"].startswith(event)]

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self._pool.request("GET", f"{self.url}{path}")

    def count(self, route: str) -> float:
        families = text_string_to_metric_families(self.get("/metrics").data.decode())
        samples = [sample for family in families for sample in family.samples]
        named = [sample for sample in samples if sample.name == "bonusdesk_http_requests_total"]
        return sum(sample.value for sample in named if sample.labels["route"] == route)

    def counting(self) -> set[int]:
        """The processes that have counted anything."""
        return {int(path.stem.rpartition("_")[2]) for path in self.folder.glob("bonusdesk-metrics-*/counter_*.db")}

    def stop(self) -> None:
        self.master.send_signal(signal.SIGTERM)
        self.master.wait(30)


@pytest.fixture
def web(tmp_path: Path, database_url: str) -> Iterator[Web]:
    web = Web(tmp_path, database_url)
    yield web
    if web.master.poll() is None:
        web.master.kill()
        web.master.wait()


def test_one_process_answers_for_all(web: Web, tmp_path: Path) -> None:
    made = 0

    def asked_both() -> bool:
        nonlocal made
        made += 1
        assert web.get(PLAYERS).status == 401
        return len(web.counting()) == 2

    web.wait_for(asked_both)
    assert {web.count(PLAYERS) for _ in range(8)} == {made}

    os.kill(min(web.counting()), signal.SIGKILL)
    web.wait_for(lambda: len(web.heard("Booting worker")) == 3)
    assert {web.count(PLAYERS) for _ in range(8)} == {made}
    web.wait_for(lambda: web.get(PLAYERS) and len(web.counting()) == 3)

    assert web.get("/readyz").json()["status"] == "ok"
    web.stop()
    assert list(tmp_path.glob("bonusdesk-metrics-*")) == []
    assert {line["route"] for line in web.heard("request")} == {PLAYERS}, "probes are not in the log"


def test_reload_keeps_what_was_counted(web: Web) -> None:
    assert web.get(PLAYERS).status == 401
    web.master.send_signal(signal.SIGHUP)
    web.wait_for(lambda: len(web.heard("Booting worker")) == 4 and len(web.heard("Worker exiting")) == 2)
    assert web.count(PLAYERS) == 1
    assert all(set(line) >= {"event", "level", "timestamp"} for line in web.lines()), "JSON, also after the reload"
