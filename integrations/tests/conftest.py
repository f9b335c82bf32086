import uuid

import pytest
from pytest_django import Settings

from integrations.platforms import shared
from integrations.tests.gates import STORES


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Where breakers and limits are kept, and that it is in use."""
    name: str = request.param
    settings.REDIS_URL = request.getfixturevalue("redis_url") if name == "redis" else ""
    shared.trust_again()
    return name


@pytest.fixture
def adapter_id() -> uuid.UUID:
    return uuid.uuid4()
