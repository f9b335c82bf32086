"""What a run plays in: private servers, a database of its own, receivers, and our processes, which are there to die.

Everything is lazy: a run that asks for no Kafka starts none. Nothing here loads the product; it is started as
processes, and looked at by SQL.
"""

import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
import redis
from cryptography.fernet import Fernet

from scripts.eyes.base import Seen
from scripts.faults.child import ROOT, Child, Killable
from scripts.faults.database import Database
from scripts.faults.receivers import RECEIVERS, SERVER_OF, Receiver
from scripts.faults.servers import NotHere, Servers
from scripts.services import process
from scripts.services.private import PrivateServer

MANAGE = (sys.executable, str(ROOT / "manage.py"))
TEMPLATE_DATABASE = "faults_template"
ADAPTER = "faults"
PLATFORM_SECRET = "only-for-the-fault-harness"
MANAGE_SECONDS = 180.0
# As two, each has an index that holds what is open and no more; this is asked all the time.
PENDING = """
SELECT count(*) FROM integrations_outgoingevent
WHERE sink = %s AND delivered_at IS NULL AND skipped_at IS NULL AND parked_at IS NULL
UNION ALL
SELECT count(*) FROM integrations_outgoingevent
WHERE sink = %s AND delivered_at IS NULL AND skipped_at IS NULL AND parked_at IS NOT NULL
"""


class World:
    def __init__(self, *, seed: int = 1, is_bounded: bool = False) -> None:
        self.is_bounded = is_bounded
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311  the same seed plays the same run
        self.servers = Servers()
        self.root = Path(tempfile.mkdtemp(prefix="bonusdesk-faults-"))
        self.folder = self.root
        self.sinks: tuple[str, ...] = ()
        self.receivers: dict[str, Receiver] = {}
        self.children: list[Killable] = []
        self.web_port = process.free_port()
        self.platform_port = process.free_port()
        self._number = 0
        self._has_redis = False
        self._has_template = False
        self._database = Database("")
        self._secrets = {
            "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
            "BONUSDESK_FIELD_KEYS": Fernet.generate_key().decode(),
            "BONUSDESK_INTERNAL_SECRETS": secrets.token_urlsafe(32),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The servers. Each can be `.kill()`ed and `.start()`ed again on the same data and port.

    @property
    def postgresql(self) -> PrivateServer:
        return self.servers.get("postgresql")

    @property
    def redis(self) -> PrivateServer:
        return self.servers.get("redis")

    @property
    def rabbitmq(self) -> PrivateServer:
        return self.servers.get("rabbitmq")

    @property
    def kafka(self) -> PrivateServer:
        return self.servers.get("kafka")

    def available(self, *sinks: str) -> tuple[str, ...]:
        """Those of the sinks that this machine has a server for."""
        here = []
        for sink in sinks:
            try:
                if sink in SERVER_OF:
                    self.servers.get(SERVER_OF[sink])
            except NotHere:
                continue
            here.append(sink)
        return tuple(here)

    # A run's own world.

    def fresh(self, *sinks: str, with_redis: bool = False) -> None:
        """Nothing of an earlier run is left: own database, topic, queue, journal; Redis empty. These sinks are on.

        Without `with_redis`, cache and broker are in memory and in files, which is enough for `deliver_events`.
        """
        self._end_run()
        needed = {
            "postgresql",
            *(SERVER_OF[sink] for sink in sinks if sink in SERVER_OF),
            *(["redis"] if with_redis else []),
        }
        self.servers.start(*sorted(needed))
        self._make_template()
        self._number += 1
        self._has_redis = with_redis
        self.folder = self.root / str(self._number)
        self.folder.mkdir()
        with self._server_connection() as admin:
            admin.execute(f"CREATE DATABASE {self.database} TEMPLATE {TEMPLATE_DATABASE}")
        self._database = Database(self.database_url)
        if with_redis:
            self.redis_cli("FLUSHALL")
        self.sinks = sinks
        self.receivers = {sink: RECEIVERS[sink](self.servers, self.folder) for sink in sinks}

    @property
    def database(self) -> str:
        return f"faults_{self._number}"

    @property
    def database_url(self) -> str:
        return self._url_of(self.database)

    def seen(self, sink: str) -> list[Seen]:
        """All that the sink's receiver has got in this run, in order."""
        return self.receivers[sink].read()

    @property
    def secret(self) -> str:
        return self._secrets["BONUSDESK_INTERNAL_SECRETS"]

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def platform_url(self) -> str:
        return f"http://127.0.0.1:{self.platform_port}"

    def environment(self, **extra: str) -> dict[str, str]:
        """Production's settings, with this run's servers, receivers and sinks; `extra` goes on top."""
        given = ("DJANGO_", "BONUSDESK_", "FASTTRACK_", "EVENT_", "TEST_", "CELERY_", "REDIS_", "KEEP_", "THROTTLE_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(given)}
        broker = self.redis.url if self._has_redis else f"filesystem://{self.folder / 'broker'}"
        values = {
            **kept,
            **self._secrets,
            "DJANGO_SETTINGS_MODULE": "bonusdesk.settings",
            "DJANGO_DEBUG": "0",
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_CSRF_TRUSTED_ORIGINS": "https://127.0.0.1",
            "DJANGO_SSL_REDIRECT": "0",
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": broker,
            "REDIS_URL": broker if self._has_redis else "",
            "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
            "EXCHANGE_RATES_URL": "",
            "LOG_LEVEL": "WARNING",
            "EVENT_SINKS": ",".join(self.sinks),
            "BONUSDESK_FAILPOINT": "",
        }
        for receiver in self.receivers.values():
            values |= receiver.environment()
        return values | extra

    # Our processes.

    def spawn(self, *arguments: str, failpoint: str = "", env: Mapping[str, str] | None = None) -> Child:
        """`manage.py` with these arguments, running beside us. It is ended with the run at the latest."""
        return self.run_beside(arguments[0], [*MANAGE, *arguments], failpoint=failpoint, env=env)

    def manage(
        self,
        *arguments: str,
        failpoint: str = "",
        env: Mapping[str, str] | None = None,
        seconds: float = MANAGE_SECONDS,
    ) -> int:
        """The same to its end; the return code is minus the number of the signal that killed it."""
        child = self.spawn(*arguments, failpoint=failpoint, env=env)
        try:
            return child.wait(seconds)
        finally:
            child.kill()
            self.children.remove(child)

    def run_beside(
        self, name: str, command: Sequence[str], *, failpoint: str = "", env: Mapping[str, str] | None = None
    ) -> Child:
        """Any command in this run's environment; its output is in `folder/name.log`."""
        values = self.environment(BONUSDESK_FAILPOINT=failpoint, **(env or {}))
        child = Child(command, env=values, log=self.folder / f"{name}.log")
        self.children.append(child)
        return child

    # Outside eyes on the database.

    def sql(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        return self._database.rows(statement, params)

    def expire_lease(self, sink: str) -> None:
        """As ten seconds would; and the pause after trouble is over too."""
        past = "UPDATE integrations_sinkstate SET leased_until = %s, not_before = NULL WHERE sink = %s"
        self.sql(past, "2020-01-01T00:00:00Z", sink)

    def pending(self, sink: str) -> int:
        return sum(count for (count,) in self.sql(PENDING, sink, sink))

    def events(self, *, grants: int, each: int, sinks: Sequence[str] = ()) -> None:
        """Synthetic ones of 500 bytes, of grants not heard of before; for these sinks, or for all that are on."""
        self._database.add_events(grants=grants, each=each, sinks=sinks or self.sinks)

    def redis_cli(self, *command: str) -> None:
        with redis.Redis.from_url(self.redis.url, socket_timeout=5) as client:
            client.execute_command(*command)

    def close(self) -> None:
        self._end_run()
        self.servers.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def _end_run(self) -> None:
        for child in self.children:
            child.kill()
        self.children.clear()
        for receiver in self.receivers.values():
            receiver.close()
        self.receivers = {}
        self.sinks = ()
        self._database.close()
        if self._number and "postgresql" in self.servers:
            with self._server_connection() as admin:
                admin.execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")

    def _server_connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.postgresql.url, autocommit=True)

    def _url_of(self, database: str) -> str:
        return urlsplit(self.postgresql.url)._replace(path=f"/{database}").geturl()

    def _make_template(self) -> None:
        """`FAULTS_SQL` takes a guard out of the database, for `mutations.py`."""
        if self._has_template:
            return
        with self._server_connection() as admin:
            admin.execute(f"CREATE DATABASE {TEMPLATE_DATABASE}")
        command = [sys.executable, "-m", "scripts.faults.template", self.platform_url, ADAPTER, PLATFORM_SECRET]
        env = self.environment(DATABASE_URL=self._url_of(TEMPLATE_DATABASE), EVENT_SINKS="file")
        made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(f"the template database could not be made:\n{made.stdout}{made.stderr}")
        if statement := os.environ.get("FAULTS_SQL", ""):
            with psycopg.connect(self._url_of(TEMPLATE_DATABASE), autocommit=True) as connection:
                connection.execute(statement.encode())
        self._has_template = True
