"""The search for secrets in everything that the tests log (`bonusdesk.tests.leaks`) would find one."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from bonusdesk.tests import leaks
from bonusdesk.tests.leaks import MASK, Log, LogHandler
from integrations.models import Adapter

SECRET = 'a "secret" of this test'


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """One of this test's own, into which a logger of its own writes."""
    log = Log(tmp_path)
    handler = LogHandler(log, leaks._recorder._handler.formatter)
    logger = logging.getLogger("leaking")
    logger.addHandler(handler)
    # The session's search must not find what is leaked here on purpose.
    monkeypatch.setattr(logger, "propagate", False)
    yield log
    logger.removeHandler(handler)
    log.close()


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The secrets that become known from now on."""
    known: set[str] = set()
    monkeypatch.setattr(leaks._recorder.log, "secrets", known)
    return known


@pytest.mark.parametrize("level", ["debug", "info", "error"])
def test_line_with_a_secret_is_found_and_masked(log: Log, level: str) -> None:
    log.remember(SECRET)
    logger = logging.getLogger("leaking")
    getattr(logger, level)("nothing to see")
    getattr(logger, level)("it is %s, they say", SECRET)
    [leak] = log.leaks()
    assert leak.startswith(os.environ["PYTEST_CURRENT_TEST"])
    assert f"it is {MASK}, they say" in leak
    assert SECRET not in leak
    assert json.dumps(SECRET) not in leak


def test_secret_may_become_known_after_it_was_logged(log: Log) -> None:
    logging.getLogger("leaking").warning("it is %s", SECRET)
    assert log.leaks() == []
    log.remember(SECRET)
    assert len(log.leaks()) == 1


def test_secret_in_a_traceback_is_found(log: Log) -> None:
    log.remember(SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("leaking").exception("failed")
    assert len(log.leaks()) == 1


def test_what_production_masks_is_no_leak(log: Log) -> None:
    log.remember("hunter2")
    log.remember("hunt")
    logging.getLogger("leaking").warning("Bearer hunter2, redis://me:hunter2@host, /path?api_key=hunter2&hunt=1")
    assert log.leaks() == []


def test_leak_fails_the_session(log: Log) -> None:
    leaks.fail_on([])
    with pytest.raises(AssertionError, match="test_x: a line"):
        leaks.fail_on(["test_x: a line", "test_x: a line"])


def test_files_of_processes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = leaks.Recorder()
    recorder.log.remember(SECRET)
    (tmp_path / "logs").mkdir()
    for name in ("log", "logs/web.log", "worker-log", "catalog", "notes.txt"):
        (tmp_path / name).write_text(f"one\nthe secret is {SECRET}\n")
    recorder.keep_files(tmp_path)
    assert sorted(leak.rpartition(": ")[0].rpartition(" ")[2] for leak in recorder.end()) == [
        "log",
        "web.log",
        "worker-log",
    ]


@pytest.mark.django_db
def test_encrypted_secrets_are_known(known: set[str]) -> None:
    Adapter.objects.create(slug="x", token="a-token", signing_secret="a-signing-secret", webhook_secret="a-webhook-one")
    assert known == {"a-token", "a-signing-secret", "a-webhook-one"}


@pytest.mark.django_db
def test_passwords_sessions_and_csrf_tokens_are_known(client: Client, known: set[str]) -> None:
    User.objects.create_superuser("root", password="a password of root")
    client.get("/admin/login/")
    client.post("/admin/login/", {"username": "root", "password": "a wrong password"})
    client.post("/admin/login/", {"username": "root", "password": "a password of root"})
    wanted = {"a password of root", "a wrong password", client.cookies["sessionid"].value}
    assert wanted <= known
    assert client.cookies["csrftoken"].value in known


def test_settings_are_known(settings: Settings, known: set[str]) -> None:
    settings.INTERNAL_SECRETS = ["a secret", "another secret"]
    settings.METRICS_TOKEN = "a metrics token"
    assert known == {"a secret", "another secret", "a metrics token"}


def test_what_is_short_is_not_searched_for(log: Log) -> None:
    log.remember("x")
    log.remember("")
    assert log.secrets == set()


def test_everything_is_listened_to() -> None:
    assert leaks._recorder._handler in logging.getLogger().handlers
    assert logging.getLogger("anything").isEnabledFor(logging.DEBUG)
