from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pytest_django import Settings

from bonusdesk.checks import check_deployment, check_settings
from bonusdesk.environment import Environment
from bonusdesk.tests.clerk_server import private_key, public_pem

ON = {"CLERK_ISSUER": "https://clerk.tests.example", "CLERK_JWKS_URL": "https://clerk.tests.example/jwks.json"}
BAD_KEY = "CLERK_JWT_KEY is not the PEM of an RSA public key of 2048 bits or more."


def pem(key: Any) -> str:
    return bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).decode()


def private_pem() -> str:
    return private_key("first").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def lines(settings: Settings, changes: dict[str, Any]) -> list[str]:
    for name, value in changes.items():
        setattr(settings, name, value)
    return [str(message.msg) for message in check_settings()]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        ON,
        ON | {"CLERK_JWKS_URL": "http://127.0.0.1:8000/jwks", "OUTBOUND_ALLOWED_NETWORKS": ["127.0.0.0/8"]},
        ON | {"CLERK_AUTHORIZED_PARTIES": ["https://desk.tests.example", "http://localhost:3000"]},
        ON | {"CLERK_ROLE_CLAIM": "o.rol", "CLERK_ROLE_GROUPS": {"org:support": "operator"}},
    ],
)
def test_settings_that_make_sense(changes: dict[str, Any], settings: Settings) -> None:
    assert lines(settings, changes) == []


def test_pem_makes_sense(settings: Settings) -> None:
    assert lines(settings, {"CLERK_ISSUER": "https://x.example", "CLERK_JWT_KEY": public_pem("first")}) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"CLERK_ISSUER": "https://x.example"}, "CLERK_JWKS_URL or CLERK_JWT_KEY must be set: CLERK_ISSUER is."),
        (ON | {"CLERK_ISSUER": ""}, "CLERK_ISSUER must be set: CLERK_JWKS_URL or CLERK_JWT_KEY is."),
        (
            ON | {"CLERK_JWKS_URL": "http://clerk.tests.example/jwks.json"},
            "CLERK_JWKS_URL must begin with https:// outside of DEBUG.",
        ),
        (
            ON | {"CLERK_JWKS_URL": "clerk.tests.example/jwks.json"},
            "CLERK_JWKS_URL must begin with https:// or http:// and a host.",
        ),
        (ON | {"CLERK_JWKS_URL": "https://[x"}, "CLERK_JWKS_URL must be a URL."),
        (
            ON | {"CLERK_AUTHORIZED_PARTIES": ["https://desk.tests.example/"]},
            "CLERK_AUTHORIZED_PARTIES: https://desk.tests.example/ is not an origin, such as https://desk.example.com.",
        ),
        (
            ON | {"CLERK_AUTHORIZED_PARTIES": ["desk.tests.example"]},
            "CLERK_AUTHORIZED_PARTIES: desk.tests.example is not an origin, such as https://desk.example.com.",
        ),
        (
            ON | {"CLERK_ROLE_CLAIM": "role", "CLERK_ROLE_GROUPS": {"support": "helpers"}},
            "CLERK_ROLE_GROUPS: support must be followed by = and one of viewer, operator, manager, admin.",
        ),
        (
            ON | {"CLERK_ROLE_GROUPS": {"support": "operator"}},
            "CLERK_ROLE_CLAIM must be set: CLERK_ROLE_GROUPS is.",
        ),
    ],
)
def test_fault_is_one_line_that_names_its_variable(changes: dict[str, Any], expected: str, settings: Settings) -> None:
    assert lines(settings, changes) == [expected]


def test_plain_http_is_for_debug(settings: Settings) -> None:
    settings.DEBUG = True
    assert lines(settings, ON | {"CLERK_JWKS_URL": "http://clerk:8000/jwks.json"}) == []


@pytest.mark.parametrize("kind", ["garbage", "private", "short", "elliptic"])
def test_key_that_can_not_be_used(kind: str, settings: Settings) -> None:
    keys = {
        "garbage": lambda: "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----",
        "private": private_pem,
        "short": lambda: pem(rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()),
        "elliptic": lambda: pem(ec.generate_private_key(ec.SECP256R1()).public_key()),
    }
    found = lines(settings, {"CLERK_ISSUER": "https://x.example", "CLERK_JWT_KEY": keys[kind]()})
    assert found == [BAD_KEY]


def warnings() -> list[str]:
    return [str(message.msg) for message in check_deployment() if message.id == "bonusdesk.W001"]


def test_any_party_is_a_warning_before_going_live(settings: Settings) -> None:
    assert warnings() == []
    lines(settings, ON)
    assert warnings() == [
        "CLERK_AUTHORIZED_PARTIES is not set: tokens made for any site of the Clerk instance are accepted."
    ]
    settings.CLERK_AUTHORIZED_PARTIES = ["https://desk.tests.example"]
    assert warnings() == []


def test_pairs_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLERK_ROLE_GROUPS", "org:support=operator, boss = admin ,odd,,x=y=z")
    found = Environment().pairs("CLERK_ROLE_GROUPS")
    assert found == {"org:support": "operator", "boss": "admin", "odd": "", "x": "y=z"}
