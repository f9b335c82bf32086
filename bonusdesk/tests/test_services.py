"""The throw-away servers of `make services-up`, run for a checkout of their own."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
Run = Callable[..., subprocess.CompletedProcess[str]]
needs_redis = pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server on this machine")
WITH_NOTHING_TO_BE_HAD = """
import sys
from scripts.services import __main__ as services
from scripts.services.base import Server
fake = Server("fake", "TEST_FAKE_URL", packages=(), find=lambda: None, start=lambda: None)
services.SERVERS.clear()
services.SERVERS["fake"] = fake
sys.exit(services.main())
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    shutil.copytree(ROOT / "scripts" / "services", tmp_path / "scripts" / "services")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEST_")}
    for name in ("CI", "REQUIRE_SERVICES"):
        kept.pop(name, None)

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = arguments if arguments[0] == "-c" else ("-m", "scripts.services", *arguments)
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=kept | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def answers(url: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False


@needs_redis
def test_server_starts_once_and_ends_without_a_trace(run: Run, tmp_path: Path) -> None:
    assert run("up", "redis").returncode == 0
    record = json.loads((tmp_path / ".services" / "redis.json").read_text())
    try:
        assert answers(record["url"])
        assert 20000 <= urlsplit(record["url"]).port < 32768
        assert (tmp_path / ".services" / "env").read_text() == f"export TEST_REDIS_URL='{record['url']}'\n"
        assert run("up", "redis").returncode == 0
        assert json.loads((tmp_path / ".services" / "redis.json").read_text()) == record
        assert run("list").stdout == "redis\n"
    finally:
        run("down", "redis")
    assert not answers(record["url"])
    assert not Path(record["data"]).exists()
    assert (tmp_path / ".services" / "env").read_text() == ""
    assert run("list").stdout == "\n"


def test_server_named_by_the_environment_is_used_and_never_ended(run: Run, tmp_path: Path) -> None:
    done = run("up", "redis", TEST_REDIS_URL="redis://elsewhere:1/0")
    assert (done.returncode, done.stdout) == (0, "services: redis at redis://elsewhere:1/0 (environment)\n")
    assert not (tmp_path / ".services" / "redis.json").exists()
    assert run("down", TEST_REDIS_URL="redis://elsewhere:1/0").stdout == ""


def test_process_that_took_over_the_pid_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".services").mkdir()
    record = {"name": "redis", "url": "redis://127.0.0.1:1/0", "source": "binaries", "started": "1", "data": ""}
    with subprocess.Popen(["/bin/sleep", "60"]) as other:
        (tmp_path / ".services" / "redis.json").write_text(json.dumps(record | {"pid": other.pid}))
        assert run("list").stdout == "\n"
        run("down", "redis")
        assert other.poll() is None
        other.kill()
    assert not (tmp_path / ".services" / "redis.json").exists()


@pytest.mark.parametrize(
    ("environment", "code"), [({}, 0), ({"CI": "true"}, 1), ({"REQUIRE_SERVICES": "1"}, 1), ({"CI": "false"}, 0)]
)
def test_what_cannot_be_had_is_said_and_fails_where_it_must(run: Run, environment: dict[str, str], code: int) -> None:
    done = run("-c", WITH_NOTHING_TO_BE_HAD, "up", **environment)
    assert done.returncode == code
    assert [line for line in done.stdout.splitlines() if "can't be had" in line] == [
        "services: fake can't be had: set TEST_FAKE_URL, or install "
    ]
