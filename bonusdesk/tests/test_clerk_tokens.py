"""Which tokens are believed. Each is sent to the API, and a refusal leaves no user behind."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from bonusdesk.api import clerk as clerk_module
from bonusdesk.tests.clerk_server import SUBJECT, ClerkServer, claims, jwk, private_key, public_pem, token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clerk")]

NO_SESSION = "The token is not a session token."
LACKS = "The token lacks one of exp, iss and sub."
LONG_AGO = 1_000_000_000
IN_A_CENTURY = 4_900_000_000


def ask(sent: str, scheme: str = "Bearer") -> Any:
    return Client().get("/v1/players", headers={"Authorization": f"{scheme} {sent}"})


def assert_refused(response: Any, message: str) -> None:
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == {"error": {"code": "UNAUTHENTICATED", "message": message}}
    assert User.objects.count() == 0


def assert_believed(response: Any) -> None:
    """The caller is known; that it may do nothing yet is another matter."""
    assert response.status_code == 403
    assert User.objects.get().username == f"{SUBJECT}@clerk"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_good_token(scheme: str) -> None:
    assert_believed(ask(token(), scheme))


@pytest.mark.parametrize(
    "changes",
    [
        {"nbf": None},
        {"iat": None},
        {"iat": IN_A_CENTURY},
        {"aud": "somebody-else"},
        {"jti": 7},
        {"azp": None},
        {"sts": "active"},
        {"sid": None},
    ],
)
def test_claims_that_do_not_matter(changes: dict[str, Any]) -> None:
    assert_believed(ask(token(**changes)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exp": LONG_AGO}, "The token has expired."),
        ({"exp": None}, LACKS),
        ({"exp": "soon"}, NO_SESSION),
        ({"exp": float("nan")}, NO_SESSION),
        ({"exp": float("inf")}, NO_SESSION),
        ({"nbf": IN_A_CENTURY}, "The token is not valid yet."),
        ({"nbf": "now"}, NO_SESSION),
        ({"iss": "https://clerk.tests.example/"}, "The token comes from another issuer."),
        ({"iss": "https://other.example"}, "The token comes from another issuer."),
        ({"iss": None}, LACKS),
        ({"sub": None}, LACKS),
        ({"sub": 7}, NO_SESSION),
        ({"sub": ""}, "The token's subject can't be a user."),
        ({"sub": "a b"}, "The token's subject can't be a user."),
        ({"sub": "admin@example.com"}, "The token's subject can't be a user."),
        ({"sub": "a\n"}, "The token's subject can't be a user."),
        ({"sub": "ü"}, "The token's subject can't be a user."),
        ({"sub": "\ud800\x00"}, "The token's subject can't be a user."),
        ({"sub": "a" * 129}, "The token's subject can't be a user."),
        ({"azp": "https://evil.example"}, "The token was made for another site."),
        ({"azp": ["https://desk.tests.example"]}, "The token was made for another site."),
        ({"sts": "pending"}, "The sign-in behind the token is not complete."),
    ],
)
def test_claims_that_are_refused(changes: dict[str, Any], message: str) -> None:
    assert_refused(ask(token(**changes)), message)


def test_second_it_expires_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = token()
    expires = jwt.decode(sent, options={"verify_signature": False})["exp"]

    class Then(jwt.api_jwt.datetime):  # type: ignore[name-defined]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(expires, tz)

    monkeypatch.setattr(jwt.api_jwt, "datetime", Then)
    assert_refused(ask(sent), "The token has expired.")


def test_token_that_was_believed_expires_too(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = token()
    assert_believed(ask(sent))
    User.objects.all().delete()
    monkeypatch.setattr(clerk_module, "time", lambda: time.time() + 60)
    assert_refused(ask(sent), "The token has expired.")


def test_without_authorized_parties_any_site_will_do(settings: Settings) -> None:
    settings.CLERK_AUTHORIZED_PARTIES = []
    assert_believed(ask(token(azp="https://other.example")))


def encoded(part: Any) -> str:
    return (
        base64.urlsafe_b64encode(part if isinstance(part, bytes) else json.dumps(part).encode()).rstrip(b"=").decode()
    )


def hmac_token(secret: bytes) -> str:
    """By hand: the library refuses to sign with a public key."""
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{encoded(claims())}"
    return f"{signed}.{encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_unsigned_token(algorithm: str) -> None:
    for signature in ("", token().rpartition(".")[2]):
        sent = f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': 'first'})}.{encoded(claims())}.{signature}"
        assert_refused(ask(sent), "The token must be signed with RS256.")


@pytest.mark.parametrize("pem_mode", [False, True])
def test_public_key_is_no_shared_secret(pem_mode: bool, settings: Settings) -> None:
    settings.CLERK_JWT_KEY = public_pem("first") if pem_mode else ""
    for secret in (
        public_pem("first").encode(),
        public_pem("first").strip().encode(),
        json.dumps(jwk("first")).encode(),
    ):
        assert_refused(ask(hmac_token(secret)), "The token must be signed with RS256.")


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_other_algorithm_with_the_right_key(algorithm: str) -> None:
    sent = jwt.encode(claims(), private_key("first"), algorithm, headers={"kid": "first"})
    assert_refused(ask(sent), "The token must be signed with RS256.")


def test_token_for_another_party_is_no_session_token() -> None:
    assert_refused(ask(token(headers={"typ": "at+jwt"})), NO_SESSION)


def test_key_that_a_token_brings_along_is_not_looked_at(clerk: ClerkServer) -> None:
    assert ask(token()).status_code == 403
    User.objects.all().delete()
    own = {"jwk": jwk("evil"), "jku": f"{clerk.url}?evil", "x5u": clerk.url, "kid": "first"}
    assert_refused(ask(token("evil", headers=own)), "The token's signature is not valid.")
    assert clerk.requests == 1


def test_claims_changed_after_signing() -> None:
    head, _, signature = token().split(".")
    assert_refused(
        ask(f"{head}.{encoded(claims(sub='user_admin'))}.{signature}"), "The token's signature is not valid."
    )


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "x",
        "a.b.c",
        "..",
        "ümlaut",
        "two words",
        f"{encoded([])}.{encoded({})}.x",
        f"{encoded(b'{')}.{encoded({})}.x",
        f"{encoded(b'[' * 3000)}.{encoded({})}.x",
        f"{encoded({'alg': 'RS256', 'kid': 7})}.{encoded({})}.AAAA",
        f"{encoded({'alg': 'RS256', 'crit': ['x'], 'kid': 'first'})}.{encoded({})}.AAAA",
    ],
)
def test_garbage(sent: str) -> None:
    assert_refused(ask(sent), NO_SESSION)


@pytest.mark.parametrize("payload", [b"[]", b"{", b'{"exp":' + b"9" * 5000 + b"}", b"[" * 5000])
def test_signed_garbage(payload: bytes) -> None:
    sent = jwt.PyJWS().encode(payload, private_key("first"), "RS256", headers={"kid": "first"})
    assert_refused(ask(sent), NO_SESSION)


def test_token_of_any_size_costs_no_more_than_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerk_module.jwt, "get_unverified_header", lambda _: pytest.fail("was read"))
    assert_refused(ask("a" * (clerk_module.MAX_TOKEN + 1)), "The token is too long.")


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Basic eDp5"}, {"Authorization": "Token x"}, {"Authorization": ""}]
)
def test_other_schemes_are_no_credentials(headers: dict[str, str]) -> None:
    assert_refused(Client().get("/v1/players", headers=headers), "Credentials are needed.")


def test_without_an_issuer_bearer_tokens_are_refused(settings: Settings, clerk: ClerkServer) -> None:
    settings.CLERK_ISSUER = ""
    assert_refused(ask(token()), "Bearer tokens are not accepted here.")
    assert clerk.requests == 0


def test_pem(settings: Settings, clerk: ClerkServer) -> None:
    """It wins over the URL, and then no key needs a name."""
    settings.CLERK_JWT_KEY = public_pem("first")
    assert_believed(ask(token("first", headers={"kid": "whatever"})))
    User.objects.all().delete()
    assert_refused(ask(token("second", headers={"kid": "first"})), "The token's signature is not valid.")
    assert clerk.requests == 0
