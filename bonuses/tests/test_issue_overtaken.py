"""Two tries of one request, the second looking for a grant just before the first one makes it."""

from typing import Any

import pytest

from bonuses.models import Grant, Stop
from bonuses.services import issue as module
from bonuses.services.issue import RequestKeyReused
from bonuses.services.slots import GrantLimitReached
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, give
from bonuses.tests.platform_reports import everything
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True)

SAME: dict[str, Any] = {"request_key": "key-1"}


def overtaken(monkeypatch: pytest.MonkeyPatch, by: Any) -> None:
    """The next who finds no grant is held up until `by` is done."""
    look, steps = module._made_before, [by]

    def look_too_early(*args: Any) -> Grant | None:
        found = look(*args)
        while steps:
            steps.pop()()
        return found

    monkeypatch.setattr(module, "_made_before", look_too_early)


def stop() -> None:
    Stop.objects.create(key="all", scope="all", reason="incident", set_by="olga")


def nothing() -> None:
    pass


@pytest.mark.parametrize(("limit", "and_then"), [(1, nothing), (2, nothing), (None, stop)])
def test_it_finds_what_the_other_try_has_made(
    *, adapter: Adapter, simulator: Remote, wire: Wire, monkeypatch: pytest.MonkeyPatch, limit: Any, and_then: Any
) -> None:
    """Also where that grant, or what has happened since, would have another one refused."""
    template, player = TemplateFactory(max_grants_per_player=limit), PlayerFactory()
    first: list[Grant] = []

    def by() -> None:
        first.append(give(template, player, request=SAME))
        and_then()

    overtaken(monkeypatch, by)
    second = give(template, player, request=SAME)
    assert [second.pk] == [grant.pk for grant in first] == list(Grant.objects.values_list("pk", flat=True))
    assert (second.status, wire.names, simulator.credits(second.pk)) == ("active", ["grant"], 1)


def test_it_is_refused_for_what_another_request_has_made(
    adapter: Adapter, simulator: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, player = TemplateFactory(max_grants_per_player=1), PlayerFactory()
    overtaken(monkeypatch, lambda: give(template, player, request={"request_key": "key-2"}))
    with pytest.raises(GrantLimitReached):
        give(template, player, request=SAME)
    assert Grant.objects.get().request_key == "key-2"


@pytest.mark.parametrize("other", ["template", "player", "deposit_amount", "loss_amount"])
@pytest.mark.parametrize("is_late", [False, True])
def test_nobody_is_told_of_a_grant_that_he_did_not_ask_for(
    *, adapter: Adapter, simulator: Remote, monkeypatch: pytest.MonkeyPatch, other: str, is_late: bool
) -> None:
    """A first try that only seemed dead gives its bonus after its key was taken for a corrected request."""
    template, player = TemplateFactory(max_grants_per_player=None), PlayerFactory()
    before: list[Any] = []

    def by() -> None:
        give(template, player, request=SAME)
        before.append(everything())

    if is_late:
        overtaken(monkeypatch, by)
    else:
        by()
    corrected = {
        "template": TemplateFactory() if other == "template" else template,
        "player": PlayerFactory() if other == "player" else player,
        "request": SAME if other in ("template", "player") else {**SAME, other: 5000},
    }
    with pytest.raises(RequestKeyReused):
        give(**corrected)
    assert Grant.objects.count() == 1
    if not is_late:
        assert [everything()] == before
