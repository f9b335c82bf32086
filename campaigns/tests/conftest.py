from collections.abc import Iterator

import pytest

from bonuses.tests.browser import chromium, desk, tab  # noqa: F401  fixtures
from bonuses.tests.conftest import _simulator, adapter, api, platform, simulator, wire  # noqa: F401  fixtures
from bonuses.tests.factories import AdapterFactory
from bonuses.tests.fake_platform import KIND
from campaigns.fanout import run
from campaigns.models import chunk
from campaigns.tests.fanning import ScriptedPlatform
from integrations.platforms import registry


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine is not to cut a turn short."""
    monkeypatch.setattr(run, "TIME_BOX", 600.0)


@pytest.fixture
def scripted(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[ScriptedPlatform]]:
    """The default adapter's platform: it credits everybody until told otherwise."""
    monkeypatch.setitem(registry.KINDS, KIND, ScriptedPlatform)
    ScriptedPlatform.reset()
    AdapterFactory(kind=KIND)
    yield ScriptedPlatform
    ScriptedPlatform.reset()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three recipients each, and waves of at most two to begin with."""
    monkeypatch.setattr(chunk, "SIZE", 3)
    monkeypatch.setattr(run, "FIRST_WAVE", 2)
    monkeypatch.setattr(run, "SMALLEST_WAVE", 1)
