"""A pytest plugin: everything that is logged during the tests is searched for every secret they use.

Loggers are asked for everything, DEBUG included, and write as in production. A secret becomes known where all secrets
of its kind pass: when it is encrypted, hashed or set. Others are told with `remember_secret`.
"""

import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.backends.base import SessionBase
from django.core.signals import setting_changed
from django.middleware import csrf

from integrations import encryption

MASK = "<a secret>"
SHORTEST = 6
"""What is shorter stands in any log by chance."""
SECRET_SETTINGS = (
    "SECRET_KEY",
    "FIELD_KEYS",
    "INTERNAL_SECRETS",
    "METRICS_TOKEN",
    "FASTTRACK_REST_API_KEY",
)
# These write what tests do, which production does not.
NOT_OURS = ("factory", "faker")
LONG_RUN = re.compile(r"[A-Za-z0-9]{20,}")
"""Nearly all secrets hold one and few lines do: thousands of secrets are looked for in little text."""
LOG_FILES = re.compile(r"(^|[-_.])log$|\.(log|err|out)$")


class Log:
    """What was logged, by which test, in a file; and the secrets that must not be in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"logged-{os.getpid()}.txt"
        self.secrets: set[str] = set()
        self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace")
        self._tests: list[str] = []
        """Of each line."""

    def remember(self, secret: object) -> None:
        text = str(secret)
        if len(text) >= SHORTEST:
            # As it is, and as it stands in JSON.
            self.secrets |= {text, json.dumps(text, ensure_ascii=False)[1:-1]}

    def write(self, line: str) -> None:
        self._tests.append(os.environ.get("PYTEST_CURRENT_TEST", "outside of the tests"))
        self._file.write(line.replace("\n", " ") + "\n")

    def leaks(self) -> list[str]:
        """The lines that hold a secret, without it, and the tests that wrote them."""
        self._file.flush()
        text = self.path.read_text(encoding="utf-8")
        runs = "\n".join(set(LONG_RUN.findall(text)))
        found = [s for s in self.secrets if all(run in runs for run in LONG_RUN.findall(s)) and s in text]
        found.sort(key=len, reverse=True)
        lines = zip(self._tests, text.split("\n"), strict=False)
        leaks = [f"{test}: {line}" for test, line in lines if any(secret in line for secret in found)]
        for secret in found:
            leaks = [leak.replace(secret, MASK) for leak in leaks]
        return leaks

    def close(self) -> None:
        self._file.close()


class LogHandler(logging.Handler):
    """Writes records to a `Log`, in the form that production gives them."""

    def __init__(self, log: Log, formatter: logging.Formatter | None) -> None:
        super().__init__(logging.DEBUG)
        self.log = log
        self.setFormatter(formatter)

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.name.startswith(NOT_OURS)

    def emit(self, record: logging.LogRecord) -> None:
        self.log.write(self.format(record))


class Recorder:
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bonusdesk-leaks-")
        self.log = Log(Path(self._folder.name))
        self._handler = LogHandler(self.log, None)

    def listen(self) -> None:
        """Before each test: a test may have set logging up anew."""
        root = logging.getLogger()
        if self._handler in root.handlers:
            return
        for handler in root.handlers:
            # Django's own, which goes on writing as much as before.
            if type(handler) is logging.StreamHandler:
                handler.setLevel(root.level)
                self._handler.setFormatter(handler.formatter)
        root.addHandler(self._handler)
        root.setLevel(logging.DEBUG)

    def keep_files(self, folder: Path) -> None:
        """What processes that a test started have logged."""
        for path in folder.rglob("*"):
            if LOG_FILES.search(path.name) and path.is_file():
                for line in path.read_text(encoding="utf-8", errors="backslashreplace").splitlines():
                    self.log.write(f"{path.name}: {line}")

    def end(self) -> list[str]:
        logging.getLogger().removeHandler(self._handler)
        leaks = self.log.leaks()
        self.log.close()
        self._folder.cleanup()
        return leaks


_recorder = Recorder()


def remember_secret(secret: str) -> str:
    """From now on, and for what was logged before, no line may hold it."""
    _recorder.log.remember(secret)
    return secret


def _remember_setting(setting: str, value: Any = None, **_: Any) -> None:
    if setting in SECRET_SETTINGS:
        for secret in [value] if isinstance(value, str) else value or []:
            remember_secret(secret)


def _arguments_of(function: Callable[..., Any], position: int) -> Callable[..., Any]:
    """`function`, with its argument at `position` remembered."""

    @wraps(function)
    def remembering(*args: Any, **kwargs: Any) -> Any:
        remember_secret(args[position])
        return function(*args, **kwargs)

    return remembering


def _results_of(function: Callable[..., str]) -> Callable[..., str]:
    @wraps(function)
    def remembering(*args: Any, **kwargs: Any) -> str:
        return remember_secret(function(*args, **kwargs))

    return remembering


@pytest.fixture(scope="session", autouse=True)
def _no_secret_is_logged() -> Iterator[None]:
    for name in SECRET_SETTINGS:
        _remember_setting(name, getattr(settings, name))
    patch = pytest.MonkeyPatch()
    patch.setattr(encryption, "encrypt", _arguments_of(encryption.encrypt, 0))
    patch.setattr(MD5PasswordHasher, "encode", _arguments_of(MD5PasswordHasher.encode, 1))
    patch.setattr(SessionBase, "_get_new_session_key", _results_of(SessionBase._get_new_session_key))
    patch.setattr(csrf, "_get_new_csrf_string", _results_of(csrf._get_new_csrf_string))
    setting_changed.connect(_remember_setting)
    yield
    setting_changed.disconnect(_remember_setting)
    patch.undo()
    fail_on(_recorder.end())


def fail_on(leaks: Iterable[str]) -> None:
    lines = "\n".join(dict.fromkeys(leaks))
    assert not lines, f"Secrets were logged. The test, and the line:\n{lines}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol() -> None:
    """Before pytest itself looks at the loggers' levels, to which it returns after each phase."""
    _recorder.listen()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: Any) -> None:
    folder = (item.funcargs or {}).get("tmp_path")
    if folder is not None:
        _recorder.keep_files(folder)
