"""Real worker and scheduler processes, on each broker that is here."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.core.management import CommandError, call_command
from kombu.exceptions import OperationalError

from bonusdesk.celery import SCHEDULE, app, transport_options
from integrations.queues import Queue

ROOT = Path(__file__).resolve().parent.parent.parent
PROBE = """
from pathlib import Path

from celery import shared_task, signals

@shared_task(queue="default")
def touch(path: str) -> None:
    Path(path).touch()

@signals.task_postrun.connect
def note(task, **_):
    with Path("ran.txt").open("a") as ran:
        ran.write(task.name + "\\n")
"""


@pytest.fixture(params=["filesystem", "redis"])
def broker_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        return str(request.getfixturevalue("redis_url"))
    return f"filesystem://{tmp_path / 'broker'}"


@pytest.fixture
def start(broker_url: str, database_url: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts manage.py with one more app, `probe`, in an empty folder."""
    modules, folder = tmp_path / "modules", tmp_path / "cwd"
    (modules / "probe").mkdir(parents=True)
    (modules / "probe" / "__init__.py").touch()
    (modules / "probe" / "tasks.py").write_text(PROBE)
    (modules / "probe_settings.py").write_text(
        "from bonusdesk.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'probe']\n"
    )
    folder.mkdir()
    children = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        environment = {
            "DJANGO_SETTINGS_MODULE": "probe_settings",
            "PYTHONPATH": f"{modules}{os.pathsep}{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "CELERY_BROKER_URL": broker_url,
            "DATABASE_URL": database_url,
        }
        with (tmp_path / "log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), *arguments],
                env=os.environ | environment,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
            child.wait()


def wait_for(condition: Callable[[], Any], log: Path) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)


@pytest.fixture
def send(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    # Celery prefers this variable to whatever its own settings say.
    monkeypatch.setenv("CELERY_BROKER_URL", broker_url)
    with Celery("sender", set_as_current=False) as sender:
        sender.conf.broker_transport_options = transport_options(broker_url)
        yield sender.send_task


def test_worker_runs_what_is_sent_and_the_schedule(start: Any, send: Any, tmp_path: Path) -> None:
    worker = start("worker", "--beat", "--concurrency", "1")
    ran = tmp_path / "cwd" / "ran.txt"
    send("probe.tasks.touch", [str(tmp_path / "touched")], queue="default")
    wait_for((tmp_path / "touched").exists, tmp_path / "log")
    wait_for(lambda: ran.exists() and "integrations.tasks.deliver_all" in ran.read_text(), tmp_path / "log")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert [path.name for path in (tmp_path / "cwd").iterdir()] == ["ran.txt"]


def test_scheduler_of_its_own_feeds_a_worker(start: Any, tmp_path: Path) -> None:
    beat, worker = start("beat"), start("worker", "--concurrency", "1", "--queues", "deliver")
    ran = tmp_path / "cwd" / "ran.txt"
    wait_for(ran.exists, tmp_path / "log")
    for child in (beat, worker):
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0
    assert set(ran.read_text().split()) == {"integrations.tasks.deliver_all"}
    assert [path.name for path in (tmp_path / "cwd").iterdir()] == ["ran.txt"]


def test_every_tick_names_a_task_that_exists_and_its_queue() -> None:
    app.loader.import_default_modules()
    for entry in SCHEDULE.values():
        task: Any = app.tasks[entry["task"]]
        assert task.queue == entry["options"]["queue"]
        assert entry["options"]["expires"] > 0


def test_unknown_queue_is_refused() -> None:
    with pytest.raises(CommandError) as caught:
        call_command("worker", "--queues", "deliver,fast")
    assert str(caught.value) == "There is no queue fast; they are default, sweeps, deliver, fanout."


def test_all_queues_are_declared() -> None:
    assert set(app.amqp.queues) == {queue.value for queue in Queue}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "amqp://127.0.0.1:9//"])
def test_broker_that_is_away_is_not_waited_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", url)
    with Celery("sender", set_as_current=False) as sender:
        sender.conf.update(broker_transport_options=transport_options(url), task_publish_retry=False)
        with pytest.raises(OperationalError):
            sender.send_task("any")
