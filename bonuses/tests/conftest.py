from collections.abc import Iterator

import pytest
from pytest_django import Settings

from bonuses.tests.api_client import SECRET, ApiClient
from bonuses.tests.browser import chromium, desk, tab  # noqa: F401  fixtures
from bonuses.tests.factories import AdapterFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from bonuses.tests.issuing import Wire
from integrations import http
from integrations.models import Adapter
from integrations.platforms import registry
from integrations.simulator.embedded import SimulatorThread
from integrations.simulator.options import Options
from integrations.simulator.remote import Remote


@pytest.fixture
def api(settings: Settings) -> ApiClient:
    """The API as the caller `service`."""
    settings.INTERNAL_SECRETS = [SECRET]
    return ApiClient()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakePlatform]]:
    """Answers for adapters of the kind `fake`; it credits until told otherwise."""
    monkeypatch.setitem(registry.KINDS, KIND, FakePlatform)
    FakePlatform.reset()
    yield FakePlatform
    FakePlatform.reset()


@pytest.fixture(scope="session")
def _simulator() -> Iterator[SimulatorThread]:
    options = Options(port=0, lives=False, token="token-for-tests", secret="signing-secret-for-tests")
    with SimulatorThread(options) as simulator:
        yield simulator


@pytest.fixture
def simulator(_simulator: SimulatorThread) -> Remote:
    """The real simulator over loopback: it credits at once, and nothing more happens to a bonus by itself."""
    _simulator.remote.clear_faults()
    _simulator.remote.change_settings(opening="credited")
    return _simulator.remote


@pytest.fixture
def adapter(db: None, simulator: Remote) -> Adapter:
    """The default adapter, served by the simulator."""
    served: Adapter = AdapterFactory(kind="simulator", base_url=simulator.url)
    return served


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """What is sent to the platform from now on."""
    watched = Wire()
    monkeypatch.setattr(http, "send", watched.send)
    return watched
