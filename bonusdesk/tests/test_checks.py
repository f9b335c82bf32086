from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from bonusdesk.checks import check_deployment, check_settings


def lines() -> list[str]:
    return [str(message.msg) for message in check_settings()]


def test_settings_of_the_tests_pass() -> None:
    assert lines() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"SECRET_KEY": ""},
            "DJANGO_SECRET_KEY is not set: a long random string, the same for all processes.",
        ),
        (
            {"ALLOWED_HOSTS": []},
            "DJANGO_ALLOWED_HOSTS is not set: the host names this site is reached under, comma-separated.",
        ),
        (
            {"CSRF_TRUSTED_ORIGINS": ["bonus.example.com"]},
            "DJANGO_CSRF_TRUSTED_ORIGINS: bonus.example.com must begin with https:// or http://.",
        ),
        ({"FIELD_KEYS": []}, "BONUSDESK_FIELD_KEYS is not set: Fernet keys, newest first, comma-separated."),
        (
            {"FIELD_KEYS": [Fernet.generate_key().decode(), "short"]},
            "BONUSDESK_FIELD_KEYS: key 2 is not a Fernet key (32 bytes in URL-safe base64).",
        ),
        (
            {"INTERNAL_SECRETS": ["short"]},
            "BONUSDESK_INTERNAL_SECRETS: each secret must have 16 characters or more.",
        ),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN must have 16 characters or more."),
        ({"BASE_CURRENCY": "EUX"}, "BONUSDESK_BASE_CURRENCY: EUX is not a currency we know."),
        ({"EVENT_SINKS": []}, "EVENT_SINKS names none of file, kafka, rabbitmq, rest."),
        ({"EVENT_SINKS": ["file", "fax"]}, "EVENT_SINKS: there is no sink fax; they are file, kafka, rabbitmq, rest."),
        (
            {"EVENT_SINKS": ["rest"], "FASTTRACK_REST_API_KEY": "k"},
            "FASTTRACK_REST_URL must be an http(s) URL: EVENT_SINKS names rest.",
        ),
        (
            {"EVENT_SINKS": ["rest"], "FASTTRACK_REST_URL": "https://crm.example.com"},
            "FASTTRACK_REST_API_KEY is not set: EVENT_SINKS names rest.",
        ),
        (
            {"CELERY_BROKER_URL": "kafka://x"},
            "CELERY_BROKER_URL must begin with one of filesystem, redis, rediss, amqp, amqps, memory, followed by ://.",
        ),
        (
            {"CELERY_BROKER_URL": "filesystem://"},
            "CELERY_BROKER_URL must be filesystem:///<absolute path of a folder>.",
        ),
        (
            {"CELERY_BROKER_URL": "filesystem://var/broker"},
            "CELERY_BROKER_URL must be filesystem:///<absolute path of a folder>.",
        ),
        (
            {"REDIS_URL": "localhost:6379"},
            "REDIS_URL must begin with one of redis, rediss, unix, followed by ://.",
        ),
        (
            {"LOGGING": {"json": True, "level": "LOUD"}},
            "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL.",
        ),
        ({"FASTTRACK_ONGOING_STEP_PERCENT": 101}, "FASTTRACK_ONGOING_STEP_PERCENT must be 100 or less."),
        ({"UNREADABLE": ["KEEP_EVENTS_DAYS must be …"]}, "KEEP_EVENTS_DAYS must be …"),
    ],
)
def test_fault_is_one_line_that_names_its_variable(changes: dict[str, Any], expected: str, settings: Settings) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert lines() == [expected]


def test_debug_asks_for_no_secrets(settings: Settings) -> None:
    settings.DEBUG = True
    settings.SECRET_KEY = ""
    settings.ALLOWED_HOSTS = []
    settings.CSRF_TRUSTED_ORIGINS = []
    assert lines() == []


def test_no_line_repeats_a_secret(settings: Settings) -> None:
    settings.FIELD_KEYS = ["hunter2"]
    settings.INTERNAL_SECRETS = ["hunter3"]
    settings.REDIS_URL = "http://:hunter4@host"
    assert len(lines()) == 3
    assert "hunter" not in "".join(lines())


def test_metrics_for_everybody_are_a_warning_of_deployment(settings: Settings) -> None:
    warning = "METRICS_TOKEN is not set: who can reach a web process can read the metrics."
    assert warning in [str(message.msg) for message in check_deployment()]
    settings.METRICS_TOKEN = "a-token-for-the-metrics"
    assert warning not in [str(message.msg) for message in check_deployment()]
