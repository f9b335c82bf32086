"""Settings, all from the environment. What is missing or wrong is said by `bonusdesk.checks`, one line each."""

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bonusdesk.environment import Environment

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

DEBUG = env.flag("DJANGO_DEBUG", False)
SECRET_KEY = env.text("DJANGO_SECRET_KEY", "debug-only-key" if DEBUG else "")
ALLOWED_HOSTS = env.items("DJANGO_ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.items("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])

FIELD_KEYS = env.items("BONUSDESK_FIELD_KEYS", default=[])
if DEBUG and not FIELD_KEYS:
    FIELD_KEYS = [base64.urlsafe_b64encode(hashlib.sha256(SECRET_KEY.encode()).digest()).decode()]
INTERNAL_SECRETS = env.items("BONUSDESK_INTERNAL_SECRETS", default=[])
BASE_CURRENCY = env.text("BONUSDESK_BASE_CURRENCY", "EUR")

INSTALLED_APPS = [
    "bonusdesk",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "django_filters",
    "integrations",
    "bonuses",
    "campaigns",
]

MIDDLEWARE = [
    "bonusdesk.api.request_id.RequestIdMiddleware",
    "bonusdesk.api.last_resort.EnvelopedErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "bonusdesk.urls"
WSGI_APPLICATION = "bonusdesk.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    config = env.database("DATABASE_URL", f"sqlite:///{quote(str(VAR_DIR / 'bonusdesk.sqlite3'))}")
    if not config:
        return config
    config.setdefault("CONN_MAX_AGE", 60)
    if config["ENGINE"].endswith("sqlite3"):
        if config["NAME"] != ":memory:":
            path = BASE_DIR / config["NAME"]
            if path.is_relative_to(VAR_DIR):
                path.parent.mkdir(parents=True, exist_ok=True)
            config["NAME"] = str(path)
        config["OPTIONS"] = {
            # A writer waits for the lock at BEGIN instead of failing half way through its transaction.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
        config["OPTIONS"] = {"connect_timeout": 5, **config.get("OPTIONS", {})}
    return config


DATABASES = {"default": _database()}

REDIS_URL = env.text("REDIS_URL", "")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "bonusdesk",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", f"filesystem://{quote(str(VAR_DIR / 'broker'))}")

LOGGING_CONFIG = "bonusdesk.logging.configure"
LOGGING = {"json": not DEBUG, "level": env.text("LOG_LEVEL", "INFO").upper()}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "admin:login"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SECURE_SSL_REDIRECT = env.flag("DJANGO_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("DJANGO_BEHIND_PROXY", False) else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bonusdesk.api.authentication.InternalSecretAuthentication",
        "bonusdesk.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["bonusdesk.api.permissions.ActionPermissions"],
    "DEFAULT_RENDERER_CLASSES": ["bonusdesk.api.renderers.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["bonusdesk.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "bonusdesk.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["bonusdesk.api.filters.StrictFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "bonusdesk.api.negotiation.AlwaysFirstRenderer",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "bonusdesk.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

EVENT_SINKS = env.items("EVENT_SINKS", default=["file"])
EVENT_FILE = str(BASE_DIR / env.text("EVENT_FILE", "var/events.jsonl"))
FASTTRACK_REST_URL = env.text("FASTTRACK_REST_URL", "")
FASTTRACK_REST_API_KEY = env.text("FASTTRACK_REST_API_KEY", "")
FASTTRACK_REST_CONCURRENCY = env.number("FASTTRACK_REST_CONCURRENCY", 8, minimum=1)
FASTTRACK_CUSTOM_EVENTS = env.flag("FASTTRACK_CUSTOM_EVENTS", True)
FASTTRACK_CANCELLED_STATUS = env.text("FASTTRACK_CANCELLED_STATUS", "Forfeited")
FASTTRACK_ONGOING_STEP_PERCENT = env.number("FASTTRACK_ONGOING_STEP_PERCENT", 10, minimum=1)

EXCHANGE_RATES_URL = env.text("EXCHANGE_RATES_URL", "")
RATE_MAX_AGE_HOURS = env.number("RATE_MAX_AGE_HOURS", 96, minimum=1)
RECONCILE_AFTER_HOURS = env.number("RECONCILE_AFTER_HOURS", 24, minimum=1)
KEEP_DELIVERIES_DAYS = env.number("KEEP_DELIVERIES_DAYS", 30, minimum=1)
KEEP_EVENTS_DAYS = env.number("KEEP_EVENTS_DAYS", 30, minimum=1)

# What could not be read; `bonusdesk.checks` reports it.
UNREADABLE = env.troubles
