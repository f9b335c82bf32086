import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.conf import settings

from bonusdesk.logging import configure, masked

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def lines() -> Iterator[Callable[[], list[Any]]]:
    """Reads what was logged, from JSON."""
    configure({"json": True, "level": "INFO"})
    written = io.StringIO()
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    configure(settings.LOGGING)


def test_line_is_json_with_request_and_grant(lines: Any) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1", grant_id="g-1")
    structlog.get_logger("bonuses").info("granted", amount=500)
    logging.getLogger("elsewhere").warning("not %s", "ours")
    first, second = lines()
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "granted",
        "amount": 500,
        "request_id": "r-1",
        "grant_id": "g-1",
        "level": "info",
        "logger": "bonuses",
    }
    assert (second["event"], second["request_id"], second["grant_id"]) == ("not ours", "r-1", "g-1")


def test_no_secret_reaches_a_line(lines: Any) -> None:
    log = structlog.get_logger()
    log.info("call", token="hunter2", headers={"Authorization": "Bearer hunter2", "X-UCRM-Signature": "hunter2"})
    log.info("broker redis://:hunter2@host/0 and postgres://me:hunter2@host/db, sent Bearer hunter2")
    logging.getLogger("django").error("oops", extra={"request": {"cookie": "hunter2"}, "api_key": "hunter2"})
    text = json.dumps(lines())
    assert "hunter2" not in text
    assert text.count("***") == 7


def test_secret_parameter_of_an_address_is_masked(lines: Any) -> None:
    logging.getLogger("gunicorn.error").error("Error handling request /x?page=2&api_key=hunter2&token=hunter2#end")
    (line,) = lines()
    assert line["event"] == "Error handling request /x?page=2&api_key=***&token=***#end"


def test_at_debug_templates_still_do_not_dump_what_they_were_given(lines: Any) -> None:
    configure({"json": True, "level": "DEBUG"})
    assert logging.getLogger("bonuses").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("django.template").isEnabledFor(logging.DEBUG)


def test_warning_of_python_is_a_line_too() -> None:
    program = "import django, warnings; django.setup(); warnings.warn('old')"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    line = json.loads(done.stderr.splitlines()[-1])
    assert (line["logger"], line["level"]) == ("py.warnings", "warning")
    assert "UserWarning: old" in line["event"]


def test_exception_is_one_line(lines: Any) -> None:
    try:
        raise ValueError("redis://:hunter2@host")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert line["exception"].endswith("ValueError: redis://:***@host")


@pytest.mark.parametrize(
    "value",
    ["token", {"grant": 1, "keys": [1, 2]}, {"url": "https://host:8000/path"}, None, {"token": None}, "at 12:30://"],
)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert masked(value) == value


@pytest.mark.parametrize(
    "key",
    ["token", "signing_secret", "Authorization", "x-ucrm-signature", "api_key", "apiKey", "PASSWORD", "Set-Cookie"],
)
def test_value_under_a_secret_key_is_masked_at_any_depth(key: str) -> None:
    assert masked({"a": [{key: "hunter2"}]}) == {"a": [{key: "***"}]}
