"""Can this process do its work? What it needs is asked at once, and waited for together."""

import math
import tempfile
import time
from concurrent.futures import Future
from pathlib import Path

import structlog
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bonusdesk.celery import app
from bonusdesk.watching.asked import Asked

LIMIT_SECONDS = 1.5
OK = "ok"

log = structlog.get_logger(__name__)


class NotReady(Exception):
    """Its message is shown to whoever asks: a word or two, without an address."""


def check() -> dict[str, str]:
    """What is needed → `ok`, or what is wrong with it in a word or two; the log says more."""
    until = time.monotonic() + LIMIT_SECONDS
    answers = {name: asked.ask() for name, asked in CHECKS.items()}
    return {name: _word(name, answer, until) for name, answer in answers.items()}


def _word(name: str, answer: Future[None], until: float) -> str:
    try:
        answer.result(max(until - time.monotonic(), 0.0))
    except NotReady as trouble:
        word = str(trouble)
    except TimeoutError:
        word = "timed out"
    except Exception as trouble:
        word = "unavailable"
        log.warning("not_ready", check=name, trouble=word, error=repr(trouble))
        return word
    else:
        return OK
    log.warning("not_ready", check=name, trouble=word)
    return word


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("pending")


def _broker() -> None:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    if folder := app.conf.broker_transport_options.get("folder"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def _cache() -> None:
    cache.set("readyz", OK, timeout=10)
    if cache.get("readyz") != OK:
        raise NotReady("keeps nothing")


CHECKS: dict[str, Asked[None]] = {
    "database": Asked(_database),
    "broker": Asked(_broker),
    "cache": Asked(_cache),
    # Those that this process knows of never become more.
    "migrations": Asked(_migrations, keep=math.inf),
}
