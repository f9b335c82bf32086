from collections.abc import Iterator

import jwt
import pytest
from pytest_django import Settings

from bonusdesk.api import jwks
from bonusdesk.tests.clerk_server import ISSUER, PARTY, ClerkServer
from bonusdesk.tests.leaks import remember_secret
from bonuses.tests.api_client import SECRET, ApiClient
from bonuses.tests.browser import chromium, desk, tab  # noqa: F401  fixtures
from bonuses.tests.conftest import _simulator, adapter, platform, simulator, wire  # noqa: F401  fixtures


@pytest.fixture
def api(settings: Settings) -> ApiClient:
    """The API as the caller `service`."""
    settings.INTERNAL_SECRETS = [SECRET]
    return ApiClient()


@pytest.fixture(scope="session")
def _clerk() -> Iterator[ClerkServer]:
    with ClerkServer() as server:
        yield server


@pytest.fixture
def clerk(_clerk: ClerkServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClerkServer]:
    """Sign-in by Clerk is on, with keys from a local server that nobody has asked yet. No token may be logged."""
    encode = jwt.encode
    monkeypatch.setattr(jwt, "encode", lambda *args, **kwargs: remember_secret(encode(*args, **kwargs)))
    _clerk.reset()
    jwks.forget_all()
    settings.CLERK_ISSUER = ISSUER
    settings.CLERK_JWKS_URL = _clerk.url
    settings.CLERK_AUTHORIZED_PARTIES = [PARTY]
    settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    yield _clerk
    _clerk.go_on.set()
    jwks.forget_all()
