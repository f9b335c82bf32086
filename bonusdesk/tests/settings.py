"""The settings the tests run under: those of production, but for what would only slow them down or leave files behind.

Says itself what it needs, so that a developer's own environment changes nothing; DATABASE_URL alone is taken from it.
"""

import os
import tempfile
from pathlib import Path

# Removed when the process ends.
FOLDER = tempfile.TemporaryDirectory(prefix="bonusdesk-tests-")
os.environ |= {
    "DJANGO_DEBUG": "0",
    "DJANGO_SECRET_KEY": "for-tests-only-" + "k" * 50,
    "DJANGO_SECRET_KEY_FALLBACKS": "",
    "DJANGO_ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "DJANGO_CSRF_TRUSTED_ORIGINS": "https://testserver",
    "DJANGO_SSL_REDIRECT": "0",
    "BONUSDESK_FIELD_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "BONUSDESK_INTERNAL_SECRETS": "test-internal-secret,test-internal-secret-two",
    "METRICS_TOKEN": "",
    "BONUSDESK_BASE_CURRENCY": "EUR",
    "CAMPAIGN_APPROVAL_THRESHOLD": "",
    "CELERY_BROKER_URL": "memory://",
    "REDIS_URL": "",
    "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
    "THROTTLE_USER_PER_SECOND": "0",
    "THROTTLE_SERVICE_PER_SECOND": "0",
    "EVENT_SINKS": "file",
    "EVENT_ALERT_SECONDS": "",
    "FASTTRACK_REST_URL": "",
    "FASTTRACK_REST_API_KEY": "",
    "FASTTRACK_RABBITMQ_URL": "",
    "FASTTRACK_RABBITMQ_EXCHANGE": "",
    "FASTTRACK_RABBITMQ_ROUTING_KEY": "",
    "FASTTRACK_RABBITMQ_OPTIONS": "",
    "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS": "",
    "FASTTRACK_KAFKA_TOPIC": "",
    "FASTTRACK_KAFKA_TRANSACTIONAL_ID": "",
    "FASTTRACK_KAFKA_OPTIONS": "",
    "EVENT_FILE": str(Path(FOLDER.name) / "events.jsonl"),
}

from bonusdesk.settings import *  # noqa: E402, F403  reads the environment that was set above
from bonusdesk.settings import MIDDLEWARE, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# There are no collected files to serve.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]
# The pages of the live server are plain HTTP.
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
