import os
from pathlib import Path

import environ

SECRET_KEY = "bare"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "scripts.bench.bare.urls"
USE_TZ = True
DATABASES = {
    "default": {
        **environ.Env.db_url_config(os.environ["DATABASE_URL"]),
        "ENGINE": "bonusdesk.postgresql",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"options": "-c search_path=bare"},
    }
}

TAPES = Path(os.environ["BENCH_TAPES"])
INTERNAL_SECRET = os.environ["BONUSDESK_INTERNAL_SECRETS"].encode()
WEBHOOK_SECRET = os.environ["BENCH_WEBHOOK_SECRET"].encode()
PLATFORM_URL = os.environ["BENCH_PLATFORM_URL"]
PLATFORM_TOKEN = os.environ["BENCH_PLATFORM_TOKEN"]
PLATFORM_SECRET = os.environ["BENCH_PLATFORM_SECRET"].encode()
LOGGING = {
    "version": 1,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR"}},
}
