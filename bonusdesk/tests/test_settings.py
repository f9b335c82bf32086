"""What the environment says becomes settings; what can't be understood stops everything, with a plain line for each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bonusdesk.environment import Environment

ROOT = Path(__file__).resolve().parent.parent.parent
# As the environment of a fresh machine, in production.
FORMS = "sqlite:///<absolute path> or postgres://<user>:<password>@<host>:<port>/<database>"
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "bonusdesk.settings"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=BARE | environment, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["check", "migrate", "worker", "beat"])
def test_command_without_settings_names_each_missing_variable(command: str) -> None:
    done = run("manage.py", command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line.split()[2] for line in done.stderr.splitlines() if line.startswith("?:")] == [
        "DJANGO_ALLOWED_HOSTS",
        "DJANGO_CSRF_TRUSTED_ORIGINS",
        "DJANGO_SECRET_KEY",
        "BONUSDESK_FIELD_KEYS",
    ]


def test_web_server_without_settings_stops_with_the_same_lines() -> None:
    done = run("-c", "import bonusdesk.wsgi")
    assert done.returncode == 3
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "DJANGO_SECRET_KEY",
        "DJANGO_ALLOWED_HOSTS",
        "DJANGO_CSRF_TRUSTED_ORIGINS",
        "BONUSDESK_FIELD_KEYS",
    ]


def test_unreadable_values_are_named_all_at_once_without_their_secrets() -> None:
    done = run(
        "manage.py", "check", DJANGO_DEBUG="1", DATABASE_URL="mysql://me:hunter2@db/x", KEEP_EVENTS_DAYS="a month"
    )
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("?:")] == [
        f"?: (bonusdesk.E001) DATABASE_URL must be {FORMS}.",
        "?: (bonusdesk.E001) KEEP_EVENTS_DAYS must be a whole number, 1 or more.",
    ]
    assert "hunter2" not in done.stderr + done.stdout


def test_debug_needs_nothing() -> None:
    done = run("manage.py", "check", DJANGO_DEBUG="1")
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.parametrize(
    "url",
    [
        "postgres://db:notaport/x",
        "postgres://db/",
        "postgresql",
        "mysql://db/x",
        "sqlite://",
        "://",
        "postgres://[::1/x",
    ],
)
def test_bad_database_url_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    env = Environment()
    config = env.database("DATABASE_URL", "sqlite:////tmp/x")
    if url == "sqlite://":
        assert config["NAME"] == ":memory:"
        return
    assert config == {}
    assert len(env.troubles) == 1
    assert env.troubles[0].startswith("DATABASE_URL must be ")


def test_database_url_keeps_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://me:p%40ss@db.example:5433/bonus?sslmode=require")
    config = Environment().database("DATABASE_URL", "")
    assert {key: config[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")} == {
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": 5433,
        "NAME": "bonus",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    ("text", "value", "troubles"),
    [
        ("1", True, []),
        ("Yes", True, []),
        ("off", False, []),
        ("", True, []),
        ("ture", True, ["A_FLAG must be true or false."]),
    ],
)
def test_flag(text: str, value: bool, troubles: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_FLAG", text)
    env = Environment()
    assert env.flag("A_FLAG", default=True) is value
    assert env.troubles == troubles


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "ten"])
def test_number_out_of_range_or_no_number_keeps_the_default(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NUMBER", text)
    env = Environment()
    assert env.number("A_NUMBER", 7, minimum=1) == 7
    assert env.troubles == ["A_NUMBER must be a whole number, 1 or more."]


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TEXT", "  ")
    env = Environment()
    assert env.text("A_TEXT", "default") == "default"
    assert env.items("A_TEXT", ["a"]) == ["a"]
    assert env.number("A_TEXT", 3) == 3


def test_items_are_trimmed_and_a_dollar_is_only_a_dollar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TEXT", " $HOME , two ,,")
    assert Environment().items("A_TEXT") == ["$HOME", "two"]
