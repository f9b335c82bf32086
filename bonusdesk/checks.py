"""Is everything set that must be, and does it make sense? One line for each fault, naming the variable."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from bonusdesk.api.clerk_settings import clerk_faults, clerk_warnings
from bonusdesk.sink_checks import sink_faults
from integrations.addresses import network_of, url_fault
from integrations.currencies import is_known
from integrations.fasttrack import BonusStatus

TAG = "settings"
BROKER_SCHEMES = ("filesystem", "redis", "rediss", "amqp", "amqps", "memory")
CACHE_SCHEMES = ("redis", "rediss", "unix")
WEB_SCHEMES = ("http", "https")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _unreadable() -> Iterator[str]:
    yield from settings.UNREADABLE


def _secret_key() -> str:
    """Django raises when it is read and empty."""
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:
        return ""


def _web() -> Iterator[str]:
    if settings.DEBUG:
        return
    if not _secret_key():
        yield "DJANGO_SECRET_KEY is not set: a long random string, the same for all processes."
    if not settings.ALLOWED_HOSTS:
        yield "DJANGO_ALLOWED_HOSTS is not set: the host names this site is reached under, comma-separated."
    if not settings.CSRF_TRUSTED_ORIGINS:
        yield "DJANGO_CSRF_TRUSTED_ORIGINS is not set: the site's origins, such as https://bonus.example.com."


def _origins() -> Iterator[str]:
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if urlsplit(origin).scheme not in WEB_SCHEMES:
            yield f"DJANGO_CSRF_TRUSTED_ORIGINS: {origin} must begin with https:// or http://."


def _field_keys() -> Iterator[str]:
    if not settings.FIELD_KEYS:
        yield "BONUSDESK_FIELD_KEYS is not set: Fernet keys, newest first, comma-separated."
    for number, key in enumerate(settings.FIELD_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield f"BONUSDESK_FIELD_KEYS: key {number} is not a Fernet key (32 bytes in URL-safe base64)."


def _internal_secrets() -> Iterator[str]:
    if any(len(secret) < 16 for secret in settings.INTERNAL_SECRETS) and not settings.DEBUG:
        yield "BONUSDESK_INTERNAL_SECRETS: each secret must have 16 characters or more."


def _metrics_token() -> Iterator[str]:
    if 0 < len(settings.METRICS_TOKEN) < 16 and not settings.DEBUG:
        yield "METRICS_TOKEN must have 16 characters or more."


def _open_metrics() -> Iterator[str]:
    if not settings.METRICS_TOKEN:
        yield "METRICS_TOKEN is not set: who can reach a web process can read the metrics."


def _base_currency() -> Iterator[str]:
    if not is_known(settings.BASE_CURRENCY):
        yield f"BONUSDESK_BASE_CURRENCY: {settings.BASE_CURRENCY} is not a currency we know."


def _servers() -> Iterator[str]:
    broker = urlsplit(settings.CELERY_BROKER_URL)
    if broker.scheme not in BROKER_SCHEMES:
        yield f"CELERY_BROKER_URL must begin with one of {', '.join(BROKER_SCHEMES)}, followed by ://."
    if broker.scheme == "filesystem" and (broker.netloc or not broker.path.strip("/")):
        yield "CELERY_BROKER_URL must be filesystem:///<absolute path of a folder>."
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in CACHE_SCHEMES:
        yield f"REDIS_URL must begin with one of {', '.join(CACHE_SCHEMES)}, followed by ://."


def _networks() -> Iterator[str]:
    for text in settings.OUTBOUND_ALLOWED_NETWORKS:
        if network_of(text) is None:
            yield f"OUTBOUND_ALLOWED_NETWORKS: {text} is not a network such as 10.1.0.0/16 or fd00:1::/64."


def _others() -> Iterator[str]:
    if settings.EXCHANGE_RATES_URL and urlsplit(settings.EXCHANGE_RATES_URL).scheme != "https":
        yield "EXCHANGE_RATES_URL must begin with https://."
    elif settings.EXCHANGE_RATES_URL and (fault := url_fault(settings.EXCHANGE_RATES_URL)):
        yield f"EXCHANGE_RATES_URL {fault}"
    if settings.FASTTRACK_CANCELLED_STATUS not in list(BonusStatus):
        yield f"FASTTRACK_CANCELLED_STATUS must be one of {', '.join(BonusStatus)}."
    if settings.LOGGING["level"] not in LOG_LEVELS:
        yield f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}."
    if settings.FASTTRACK_ONGOING_STEP_PERCENT > 100:
        yield "FASTTRACK_ONGOING_STEP_PERCENT must be 100 or less."


CHECKS = (
    ("bonusdesk.E001", _unreadable),
    ("bonusdesk.E002", _web),
    ("bonusdesk.E003", _origins),
    ("bonusdesk.E004", _field_keys),
    ("bonusdesk.E005", _internal_secrets),
    ("bonusdesk.E006", _base_currency),
    ("bonusdesk.E007", _servers),
    ("bonusdesk.E008", sink_faults),
    ("bonusdesk.E009", _others),
    ("bonusdesk.E010", clerk_faults),
    ("bonusdesk.E011", _networks),
    ("bonusdesk.E012", _metrics_token),
)
WARNINGS = (
    ("bonusdesk.W001", clerk_warnings),
    ("bonusdesk.W002", _open_metrics),
)


@register(TAG)
def check_settings(**_: Any) -> list[CheckMessage]:
    return [Error(line, id=number) for number, check in CHECKS for line in check()]


@register(TAG, deploy=True)
def check_deployment(**_: Any) -> list[CheckMessage]:
    return [checks.Warning(line, id=number) for number, check in WARNINGS for line in check()]
