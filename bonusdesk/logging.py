"""Log lines through the standard library: JSON outside DEBUG, readable in DEBUG, never a secret.

What is bound with `structlog.contextvars.bind_contextvars` (request id, grant id) is on every line, whoever wrote it.
"""

import logging.config
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
_SECRET_KEY = re.compile(r"token|secret|authorization|signature|api_?key|password|cookie", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(\bBearer\s+)[^\s\"']+|(://[^\s:/@]*:)[^\s/@]+(?=@)"
    r"|([?&][^\s=&?]*(?:token|secret|signature|api_?key|password)[^\s=&?]*=)[^\s&\"'#]+",
    re.IGNORECASE,
)
_MAY_HOLD_ONE = re.compile(r"[\s=@]")
"""Without one of these there is no match of the above."""


def masked(value: Any) -> Any:
    """`value` with what its keys call a secret, bearer tokens and what URLs hold of that kind blotted out."""
    # Most of what a line holds is a word or a number: what can't be a secret should cost little.
    if isinstance(value, str):
        return _SECRET_TEXT.sub(rf"\1\2\3{MASK}", value) if _MAY_HOLD_ONE.search(value) else value
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {k: _masked_under(str(k), v) for k, v in value.items()}
    return [masked(item) for item in value] if isinstance(value, list | tuple) else value


def _masked_under(key: str, value: Any) -> Any:
    return MASK if value is not None and _calls_it_secret(key) else masked(value)


@lru_cache(maxsize=1024)
def _calls_it_secret(key: str) -> bool:
    return bool(_SECRET_KEY.search(key))


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {k: v if k.startswith("_") else _masked_under(k, v) for k, v in event.items()}


def without_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Django hangs the whole request on its records; its headers hold credentials."""
    event.pop("request", None)
    return event


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def configure(options: Mapping[str, Any]) -> None:
    """Django calls this with `settings.LOGGING`: `json` (bool) and `level`."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor]
    if options["json"]:
        last = [structlog.processors.format_exc_info, mask_secrets, structlog.processors.JSONRenderer(_dumps)]
    else:
        # Plain tracebacks: the pretty ones show local variables, which hold secrets.
        plain = structlog.dev.plain_traceback
        last = [mask_secrets, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    # Python's own are lines like any other.
    logging.captureWarnings(options["json"])
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": [*before, structlog.stdlib.ExtraAdder(), without_request],
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": options["level"]},
            "loggers": {
                "django": {"handlers": [], "propagate": True},
                "django.server": {"handlers": [], "propagate": True},
                # A refusal has its line already, as each request has; what broke comes with its traceback.
                "django.request": {"level": "ERROR"},
                "gunicorn.error": {"handlers": [], "propagate": True},
                # One line for each tick of the schedule would bury everything else.
                "celery.app.trace": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                # It warns of a URL without a host, which a folder has not.
                "kombu.connection": {"level": "ERROR"},
            },
        }
    )
