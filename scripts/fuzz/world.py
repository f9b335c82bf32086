"""What is fuzzed: the product as in production but without TLS, on a database of its own, with rows to meet."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from shutil import rmtree

import django
from django.core.management import call_command
from django.db import connections

from scripts.bench.database import fresh_database
from scripts.local_stack import ROOT, Stack, free_port, local_environment

FOLDER = ROOT / "var" / "fuzz"
PLAYERS = 20
NEVER = 1e9
"""Seconds of a bonus's life: nothing happens but what is asked for."""


@contextmanager
def made(server: str | None) -> Iterator[Stack]:
    """On a new database of this PostgreSQL server, else on SQLite. Changes the environment of this process."""
    rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with ExitStack() as ends:
        env = local_environment(FOLDER) | {"THROTTLE_USER_PER_SECOND": "0", "THROTTLE_SERVICE_PER_SECOND": "0"}
        if server:
            env["DATABASE_URL"] = ends.enter_context(fresh_database(server, f"bonusdesk_fuzz_{os.getpid()}"))
        os.environ.update(env)
        django.setup()
        ends.callback(connections.close_all)
        call_command("migrate", verbosity=0)
        stack = ends.enter_context(Stack(FOLDER, env, web_port=free_port()))
        stack.manage("seed_demo", "--players", str(PLAYERS))
        stack.start_platform(life_seconds=NEVER)
        stack.start_web()
        stack.wait_for_web()
        yield stack
