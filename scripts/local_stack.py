"""All that bonusdesk consists of, as child processes on this machine: web, worker with schedule, simulated platform."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import urllib3
from cryptography.fernet import Fernet

from integrations.simulator.remote import Remote

ROOT = Path(__file__).resolve().parent.parent
MANAGE = (sys.executable, str(ROOT / "manage.py"))
START_TIMEOUT = 30.0
STOP_TIMEOUT = 15.0
SLUG = "simulator"
LOOPBACK = "127.0.0.0/8,::1/128"


class ChildDied(RuntimeError):
    pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def local_environment(folder: Path) -> dict[str, str]:
    """One of its own, as in production but without TLS: nothing set outside decides which database or broker is used.

    Not DEBUG, in which Django keeps a readable copy of every statement, at more than the statement's own price.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "BONUSDESK_"))}
    for name in ("REDIS_URL", "EXCHANGE_RATES_URL"):
        kept.pop(name, None)
    return kept | {
        "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
        "DJANGO_DEBUG": "0",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "DJANGO_CSRF_TRUSTED_ORIGINS": "http://127.0.0.1",
        "DJANGO_SSL_REDIRECT": "0",
        "BONUSDESK_FIELD_KEYS": Fernet.generate_key().decode(),
        "BONUSDESK_INTERNAL_SECRETS": secrets.token_urlsafe(32),
        "DATABASE_URL": f"sqlite:///{folder / 'bonusdesk.sqlite3'}",
        "CELERY_BROKER_URL": f"filesystem://{folder / 'broker'}",
        "OUTBOUND_ALLOWED_NETWORKS": LOOPBACK,
        "EVENT_SINKS": "file",
        "EVENT_FILE": str(folder / "events.jsonl"),
    }


@dataclass
class Stack:
    """Starts children and, on leaving, ends exactly those. Their output goes to `folder/logs`."""

    folder: Path
    env: Mapping[str, str]
    web_port: int
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def secret(self) -> str:
        return self.env["BONUSDESK_INTERNAL_SECRETS"]

    def manage(self, *arguments: str) -> None:
        """Run a command to its end; its output is shown only when it fails."""
        command = [*MANAGE, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChildDied(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")

    def start(self, name: str, *command: str) -> None:
        with (self.folder / "logs" / f"{name}.log").open("wb") as log:
            self.children[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_platform(self, *, life_seconds: float, port: int = 0, webhook_secret: str = "") -> Remote:
        """The casino, and an adapter row that points at it."""
        port = port or free_port()
        url = f"http://127.0.0.1:{port}"
        token, secret, of_its_own = (secrets.token_hex(24) for _ in range(3))
        webhook_secret = webhook_secret or of_its_own
        shared = ("--token", token, "--secret", secret, "--webhook-secret", webhook_secret)
        self.manage("add_adapter", "--slug", SLUG, "--kind", "simulator", "--base-url", url, "--default", *shared)
        webhooks = f"{self.web_url}/v1/adapters/{SLUG}/webhooks/bonus-events"
        simulate = ("simulate_platform", "--port", str(port), "--life-seconds", str(life_seconds))
        self.start("platform", *MANAGE, *simulate, "--webhook-url", webhooks, *shared)
        self.wait_for("platform", f"{url}/control/state")
        return Remote(url)

    def start_web(self) -> None:
        bind = f"127.0.0.1:{self.web_port}"
        gunicorn = (sys.executable, "-m", "gunicorn", "bonusdesk.wsgi", "--bind", bind)
        self.start("web", *gunicorn, "--workers", "2", "--threads", "4", "--no-control-socket")

    def wait_for_web(self) -> None:
        self.wait_for("web", f"{self.web_url}/v1/bonus-templates")

    def start_worker(self) -> None:
        self.start("worker", *MANAGE, "worker", "--beat", "--concurrency", "1")

    def wait_for(self, name: str, url: str) -> None:
        until = time.monotonic() + START_TIMEOUT
        pool = urllib3.PoolManager(retries=False, timeout=2)
        while time.monotonic() < until:
            self.check_alive()
            try:
                if pool.request("GET", url, redirect=False).status < 500:
                    return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
        raise ChildDied(f"{name} did not answer at {url} within {START_TIMEOUT:.0f} s")

    def check_alive(self) -> None:
        for name, child in self.children.items():
            if child.poll() is not None:
                log = self.folder / "logs" / f"{name}.log"
                raise ChildDied(f"{name} ended with code {child.returncode}:\n{log.read_text()[-2000:]}")

    def stop(self) -> None:
        """The last started first; whoever does not listen is killed."""
        for child in reversed(self.children.values()):
            child.terminate()
        for child in reversed(self.children.values()):
            try:
                child.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children.clear()
