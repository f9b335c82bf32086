import pytest
from pytest_django import Settings

from bonuses.tests.api_client import SECRET, ApiClient


@pytest.fixture
def api(settings: Settings) -> ApiClient:
    """The API as the caller `service`."""
    settings.INTERNAL_SECRETS = [SECRET]
    return ApiClient()
