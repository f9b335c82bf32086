"""What every answer tells a browser, and how cookies are marked: under the settings of production."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from bonuses.tests.api_client import ApiClient

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parent.parent.parent
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
# Set by a middleware further in; where that was not reached, the policy's frame-ancestors says the same.
OUTERMOST = {name: value for name, value in ALWAYS.items() if name != "X-Frame-Options"}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
PRODUCTION = {
    "PATH": os.environ["PATH"],
    "DJANGO_SECRET_KEY": "k" * 20 + "".join(map(chr, range(48, 91))),
    "DJANGO_ALLOWED_HOSTS": "bonus.example.com",
    "DJANGO_CSRF_TRUSTED_ORIGINS": "https://bonus.example.com",
    "BONUSDESK_FIELD_KEYS": Fernet.generate_key().decode(),
    "BONUSDESK_INTERNAL_SECRETS": "an-internal-secret-of-production",
    "METRICS_TOKEN": "a-token-of-production",
    "DATABASE_URL": "postgres://bonusdesk@127.0.0.1/bonusdesk",
    "CELERY_BROKER_URL": "redis://127.0.0.1/0",
    "REDIS_URL": "redis://127.0.0.1/1",
}


def get(path: str, **headers: str) -> Any:
    return Client(raise_request_exception=False, headers=headers).get(path, secure=True)


def policy_of(response: Any) -> dict[str, str]:
    directives = (directive.partition(" ") for directive in response["Content-Security-Policy"].split("; "))
    return {name: value for name, _, value in directives}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/admin/login/", 200),
        ("/admin/", 302),
        ("/v1/bonus-templates", 401),
        ("/v1/nowhere", 404),
        ("/nowhere", 404),
    ],
)
def test_every_answer_has_the_headers_of_security(path: str, status: int) -> None:
    response = get(path)
    assert response.status_code == status
    assert {name: response[name] for name in ALWAYS} == ALWAYS
    assert policy_of(response) == POLICY


def test_answer_with_data_has_them_too(api: ApiClient) -> None:
    response = get("/v1/bonus-templates", **api.headers)
    assert response.status_code == 200
    assert {name: response[name] for name in ALWAYS} == ALWAYS
    assert policy_of(response) == POLICY


def test_error_that_never_reached_a_view_has_them_too() -> None:
    response = get("/v1/bonus-templates", Host="elsewhere.example")
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert int(response["Content-Length"]) == len(response.content)
    assert {name: response[name] for name in OUTERMOST} == OUTERMOST
    assert policy_of(response) == POLICY


def test_static_files_have_them_too(settings: Settings) -> None:
    settings.DEBUG = True
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[: settings.MIDDLEWARE.index("bonusdesk.csp.UsualPolicyMiddleware") + 1],
        "whitenoise.middleware.WhiteNoiseMiddleware",
    ]
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True
    response = get("/static/admin/css/base.css")
    assert (response.status_code, response["Content-Type"]) == (200, 'text/css; charset="utf-8"')
    assert {name: response[name] for name in OUTERMOST} == OUTERMOST
    assert policy_of(response) == POLICY


def test_nothing_is_said_of_tls_over_plain_http() -> None:
    assert "Strict-Transport-Security" not in Client().get("/admin/login/").headers


@pytest.mark.parametrize("path", ["/v1/bonus-templates", "/v1/nowhere", "/v1/players"])
def test_answers_of_the_api_are_not_kept(path: str, api: ApiClient) -> None:
    assert get(path, **api.headers)["Cache-Control"] == "no-store"


def test_pages_of_the_admin_are_not_kept() -> None:
    assert "no-store" in get("/admin/login/")["Cache-Control"]
    client = Client()
    client.force_login(User.objects.create_superuser("anna"))
    assert "no-store" in client.get("/admin/", secure=True)["Cache-Control"]


def test_cookies_are_for_this_site_over_tls_only(settings: Settings) -> None:
    # The settings of the tests alone let them go over plain HTTP.
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    User.objects.create_superuser("anna", password="the right horse")
    client = Client()
    client.post("/admin/login/", {"username": "anna", "password": "the right horse"}, secure=True)
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert (session["secure"], session["httponly"], session["samesite"]) == (True, True, "Lax")
    assert session["max-age"] == 12 * 60 * 60
    assert (token["secure"], token["samesite"]) == (True, "Lax")
    assert (session["domain"], token["domain"]) == ("", "")


def test_plain_http_is_sent_to_https_but_for_what_machines_ask(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/admin/login/?next=/admin/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/admin/login/?next=/admin/")
    for path in ("/livez", "/readyz", "/metrics"):
        assert Client().get(path).status_code != 301


def test_proxy_is_believed_only_when_there_is_one(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    forged = Client(headers={"X-Forwarded-Proto": "https"})
    assert forged.get("/admin/login/").status_code == 301
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert forged.get("/admin/login/").status_code == 200


def production(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", f"from bonusdesk import settings as s\n{code}"]
    done = subprocess.run(command, env=PRODUCTION | environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.strip()


def test_production_marks_its_cookies_and_redirects() -> None:
    shown = "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS)"
    assert production(shown) == "True True True 31536000"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "None 0"),
        ({"DJANGO_PROXY_COUNT": "2"}, "None 0"),
        ({"DJANGO_BEHIND_PROXY": "1"}, "('HTTP_X_FORWARDED_PROTO', 'https') 1"),
        ({"DJANGO_BEHIND_PROXY": "1", "DJANGO_PROXY_COUNT": "2"}, "('HTTP_X_FORWARDED_PROTO', 'https') 2"),
    ],
)
def test_headers_of_proxies_are_a_setting(environment: dict[str, str], expected: str) -> None:
    assert production("print(s.SECURE_PROXY_SSL_HEADER, s.PROXY_COUNT)", **environment) == expected


def test_deploy_checks_of_production_are_clean() -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=PRODUCTION, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
