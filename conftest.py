"""What every app's tests share: a database as in production, and real servers where a test asks for one."""

import os
import shutil
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import redis
import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from bonusdesk import rights

pytest_plugins = ("bonusdesk.tests.leaks",)


def _is_required() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"} or os.environ.get("REQUIRE_SERVICES") == "1"


def service(variable: str) -> str:
    """The address of a real server. Without one the test is skipped, or fails where nothing may be skipped."""
    url = os.environ.get(variable, "")
    if not url and _is_required():
        pytest.fail(f"{variable} is not set (`make services-up`)")
    if not url:
        pytest.skip(f"{variable} is not set (`make services-up`)")
    return url


def program(name: str) -> str:
    """The path of a program, which is as good as a server."""
    path = shutil.which(name)
    if not path and _is_required():
        pytest.fail(f"{name} is not installed")
    return path or pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: in memory, threads would share one cache and meet other locks than in production."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    """Neither rate limits, log context nor what groups may pass from one test to the next."""
    cache.clear()
    rights.forget()
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test database's URL, for processes that a test starts; what the test writes is committed, so they see it."""
    return url_of_database()


def url_of_database() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(found['NAME']))}"
    who = ":".join(quote(found[key], safe="") for key in ("USER", "PASSWORD") if found[key])
    return f"postgres://{who}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@pytest.fixture(scope="session")
def _redis_database() -> str:
    """A database number of this test process's own; 0 is left to whoever else uses the server."""
    base = service("TEST_REDIS_URL").rstrip("/")
    base = base.rpartition("/")[0] if base.count("/") > 2 else base
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return f"{base}/{1 + int(worker) % 15}"


@pytest.fixture
def redis_url(_redis_database: str) -> Iterator[str]:
    """An empty database of a real Redis."""
    with redis.Redis.from_url(_redis_database, socket_timeout=5) as client:
        client.flushdb()
        yield _redis_database
        client.flushdb()


@pytest.fixture(scope="session")
def rabbitmq_url() -> str:
    """A real RabbitMQ, shared by all: what a test declares has a name of its own."""
    return service("TEST_RABBITMQ_URL")


@pytest.fixture(scope="session")
def kafka_servers() -> str:
    """A real Kafka, shared by all: what a test creates has a name of its own."""
    return service("TEST_KAFKA_SERVERS")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
