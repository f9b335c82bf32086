"""Settings, all from the environment. What is missing or wrong is said by `bonusdesk.checks`, one line each."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bonusdesk.api.openapi.about import SETTINGS as SPECTACULAR_SETTINGS  # noqa: F401  read by its own name
from bonusdesk.environment import Environment

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

DEBUG = env.flag("DJANGO_DEBUG", False)
SECRET_KEY = env.text("DJANGO_SECRET_KEY", "debug-only-key" if DEBUG else "")
SECRET_KEY_FALLBACKS = env.items("DJANGO_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.items("DJANGO_ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.items("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])

FIELD_KEYS = env.items("BONUSDESK_FIELD_KEYS", default=[])
if DEBUG and not FIELD_KEYS:
    FIELD_KEYS = [base64.urlsafe_b64encode(hashlib.sha256(SECRET_KEY.encode()).digest()).decode()]
INTERNAL_SECRETS = env.items("BONUSDESK_INTERNAL_SECRETS", default=[])
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
CLERK_ISSUER = env.text("CLERK_ISSUER", "")
CLERK_JWKS_URL = env.text("CLERK_JWKS_URL", "")
# Files of variables hold a PEM in one line.
CLERK_JWT_KEY = env.text("CLERK_JWT_KEY", "").replace("\\n", "\n")
CLERK_AUTHORIZED_PARTIES = env.items("CLERK_AUTHORIZED_PARTIES", default=[])
CLERK_ROLE_CLAIM = env.text("CLERK_ROLE_CLAIM", "")
CLERK_ROLE_GROUPS = env.pairs("CLERK_ROLE_GROUPS")
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
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "axes",
    "integrations",
    "bonuses",
    "campaigns",
]

MIDDLEWARE = [
    "bonusdesk.api.request_id.RequestIdMiddleware",
    "bonusdesk.watching.probes.ProbesMiddleware",
    "bonusdesk.watching.requests.RequestsMiddleware",
    "bonusdesk.api.last_resort.EnvelopedErrorsMiddleware",
    "bonusdesk.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "bonusdesk.csp.UsualPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bonusdesk.parts.PartsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "bonusdesk.api.idempotency.IdempotencyMiddleware",
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
        config["ENGINE"] = "bonusdesk.postgresql"
        config["CONN_HEALTH_CHECKS"] = True
        # A server that vanished without a word is noticed in a minute, not in hours.
        patience = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
        config["OPTIONS"] = {"connect_timeout": 5, **patience, **config.get("OPTIONS", {})}
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
# The first only refuses whoever is locked out; it knows no permissions and asks the database at log-in alone.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "bonusdesk.sessions.SignedInBackend"]
SESSION_ENGINE = "bonusdesk.sessions"
AXES_HANDLER = "bonusdesk.logins.LoginHandler"
AXES_LOCKOUT_CALLABLE = "bonusdesk.logins.locked_out"
AXES_CLIENT_IP_CALLABLE = "bonusdesk.client_address.client_address"
AXES_USERNAME_CALLABLE = "bonusdesk.logins.username"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURE_LIMIT", 5, minimum=1)
AXES_COOLOFF_TIME = timedelta(minutes=env.number("LOGIN_COOLOFF_MINUTES", 15, minimum=1))
AXES_RESET_ON_SUCCESS = True
# Nobody stays locked out for longer because somebody goes on trying.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Passwords are left out in any case; a name may be a password in the wrong field.
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

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
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SAMESITE = "Lax"
# Scripts of ours that call the API in a session read it, to send it back in `X-CSRFToken`.
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "bonusdesk.refused.csrf_failure"
SECURE_SSL_REDIRECT = env.flag("DJANGO_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = not DEBUG
BEHIND_PROXY = env.flag("DJANGO_BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# How many entries of X-Forwarded-For, from the right, are our own proxies' word.
PROXY_COUNT = env.number("DJANGO_PROXY_COUNT", 1, minimum=1) if BEHIND_PROXY else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bonusdesk.api.authentication.InternalSecretAuthentication",
        "bonusdesk.api.clerk.ClerkAuthentication",
        "bonusdesk.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["bonusdesk.api.permissions.ActionPermissions"],
    "DEFAULT_THROTTLE_CLASSES": ["bonusdesk.api.throttling.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["bonusdesk.api.renderers.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["bonusdesk.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "bonusdesk.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["bonusdesk.api.filters.StrictFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "bonusdesk.api.negotiation.AlwaysFirstRenderer",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "bonusdesk.api.openapi.schema.ApiSchema",
    "EXCEPTION_HANDLER": "bonusdesk.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

THROTTLE_USER_PER_SECOND = env.number("THROTTLE_USER_PER_SECOND", 100)
THROTTLE_SERVICE_PER_SECOND = env.number("THROTTLE_SERVICE_PER_SECOND", 1000)

OUTBOUND_ALLOWED_NETWORKS = env.items("OUTBOUND_ALLOWED_NETWORKS", default=[])
EVENT_SINKS = env.items("EVENT_SINKS", default=["file"])
EVENT_ALERT_SECONDS = env.number("EVENT_ALERT_SECONDS", 300, minimum=1)
EVENT_FILE = str(BASE_DIR / env.text("EVENT_FILE", "var/events.jsonl"))
FASTTRACK_REST_URL = env.text("FASTTRACK_REST_URL", "")
FASTTRACK_REST_API_KEY = env.text("FASTTRACK_REST_API_KEY", "")
FASTTRACK_REST_CONCURRENCY = env.number("FASTTRACK_REST_CONCURRENCY", 8, minimum=1)
FASTTRACK_RABBITMQ_URL = env.text("FASTTRACK_RABBITMQ_URL", "")
FASTTRACK_RABBITMQ_EXCHANGE = env.text("FASTTRACK_RABBITMQ_EXCHANGE", "")
FASTTRACK_RABBITMQ_ROUTING_KEY = env.text("FASTTRACK_RABBITMQ_ROUTING_KEY", "")
FASTTRACK_RABBITMQ_OPTIONS = env.json_object("FASTTRACK_RABBITMQ_OPTIONS")
FASTTRACK_KAFKA_BOOTSTRAP_SERVERS = env.text("FASTTRACK_KAFKA_BOOTSTRAP_SERVERS", "")
FASTTRACK_KAFKA_TOPIC = env.text("FASTTRACK_KAFKA_TOPIC", "")
FASTTRACK_KAFKA_TRANSACTIONAL_ID = env.text("FASTTRACK_KAFKA_TRANSACTIONAL_ID", "bonusdesk-events")
FASTTRACK_KAFKA_OPTIONS = env.json_object("FASTTRACK_KAFKA_OPTIONS")
FASTTRACK_CUSTOM_EVENTS = env.flag("FASTTRACK_CUSTOM_EVENTS", True)
FASTTRACK_CANCELLED_STATUS = env.text("FASTTRACK_CANCELLED_STATUS", "Forfeited")
FASTTRACK_ONGOING_STEP_PERCENT = env.number("FASTTRACK_ONGOING_STEP_PERCENT", 10, minimum=1)

# None: campaigns need no approval. Unreadable: the strictest there is, and an error of the checks.
CAMPAIGN_APPROVAL_THRESHOLD = (
    env.number("CAMPAIGN_APPROVAL_THRESHOLD", 0) if env.text("CAMPAIGN_APPROVAL_THRESHOLD") else None
)
EXCHANGE_RATES_URL = env.text("EXCHANGE_RATES_URL", "")
RATE_MAX_AGE_HOURS = env.number("RATE_MAX_AGE_HOURS", 96, minimum=1)
RECONCILE_AFTER_HOURS = env.number("RECONCILE_AFTER_HOURS", 24, minimum=1)
KEEP_DELIVERIES_DAYS = env.number("KEEP_DELIVERIES_DAYS", 30, minimum=1)
KEEP_EVENTS_DAYS = env.number("KEEP_EVENTS_DAYS", 30, minimum=1)
KEEP_IDEMPOTENCY_KEYS_HOURS = env.number("KEEP_IDEMPOTENCY_KEYS_HOURS", 24, minimum=24)

# What could not be read; `bonusdesk.checks` reports it.
UNREADABLE = env.troubles
