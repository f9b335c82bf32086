from collections.abc import Iterator
from uuid import UUID

import pytest
from pytest_django import Settings

from bonuses.tests.browser import chromium, desk, tab  # noqa: F401  fixtures
from bonuses.tests.conftest import _simulator, adapter, api, platform, simulator, wire  # noqa: F401  fixtures
from bonuses.tests.factories import AdapterFactory, PlayerFactory
from bonuses.tests.fake_platform import KIND
from campaigns.fanout import run
from campaigns.models import chunk
from campaigns.tests.fanning import ScriptedPlatform, players
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


@pytest.fixture
def all_need_approval(db: None, settings: Settings) -> None:
    """Whatever costs anything. There is one player, always the same."""
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 0
    AdapterFactory()
    PlayerFactory(id=UUID("00000000-0000-7000-8000-000000000001"))


@pytest.fixture
def two_need_approval(settings: Settings, scripted: type[ScriptedPlatform]) -> None:
    """Two players' bonuses cost more than may be given without one; there are two."""
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 1999
    players(2)
