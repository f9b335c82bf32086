"""Forks deliverers off one process that has the product loaded and has never opened a connection.

They are processes like any other, only started in milliseconds. It is spoken to in JSON lines: see `forks.py`.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from types import SimpleNamespace
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.conf import Settings, settings
from django.core import management
from django.core.cache import caches
from django.db import connections

from integrations import failpoints

_alive: set[int] = set()


def main() -> None:
    management.load_command_class("integrations", "deliver_events")
    print("{}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_poll(asked["poll"]) if "poll" in asked else _fork(asked)), flush=True)
    # Whoever asked for them has gone.
    for pid in _alive:
        os.kill(pid, signal.SIGKILL)


def _poll(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    _alive.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _fork(asked: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        _alive.add(pid)
        return pid
    code = 1
    try:
        code = _play(asked)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _play(asked: dict[str, Any]) -> int:
    os.setsid()
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((0, nothing), (1, log), (2, log)):
        os.dup2(new, old)
    _begin_anew(asked["env"])
    try:
        management.execute_from_command_line(["manage.py", *asked["args"]])
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    return 0


def _begin_anew(environment: dict[str, str]) -> None:
    """Everything that was read from the environment is read again."""
    os.environ.clear()
    os.environ.update(environment)
    importlib.reload(sys.modules[os.environ["DJANGO_SETTINGS_MODULE"]])
    settings.__dict__.clear()
    settings._wrapped = Settings(os.environ["DJANGO_SETTINGS_MODULE"])
    # Functions imported by name look into the same module.
    importlib.reload(failpoints)
    if "FAULTS_FREEZE" in environment:
        vars(failpoints)["signal"] = SimpleNamespace(SIGKILL=signal.SIGSTOP)
    handlers: tuple[Any, ...] = (connections, caches)
    for handler in handlers:
        for alias in list(handler.settings):
            if hasattr(handler._connections, alias):
                delattr(handler._connections, alias)
        handler._settings = None
        del handler.__dict__["settings"]


if __name__ == "__main__":
    main()
