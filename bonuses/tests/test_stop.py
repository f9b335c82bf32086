"""The kill switch: in each scope it holds back new credits at once, wherever they come from."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bonuses.models import BonusTemplate, Grant, Stop
from bonuses.services import sweep
from bonuses.services.issue import IssuingStopped
from bonuses.services.stop import StopInvalid, lift, stop
from bonuses.tests.factories import AdapterFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import Wire, change, closed_port, give, give_in_vain, let_time_pass, make_due
from bonuses.tests.platform_reports import current, deliver, everything, life_of, told
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db

CAMPAIGN = uuid.UUID("0192aaaa-0000-7000-8000-000000000001")
SCOPES = ("all", "template", "campaign", "adapter")
Turn = Callable[[], None]


@pytest.fixture
def template() -> BonusTemplate:
    unlimited: BonusTemplate = TemplateFactory(max_grants_per_player=None)
    return unlimited


@pytest.fixture(params=SCOPES)
def on(request: pytest.FixtureRequest, adapter: Adapter, template: BonusTemplate) -> Turn:
    targets = {"all": None, "template": template.pk, "campaign": CAMPAIGN, "adapter": adapter.pk}
    target = targets[request.param]
    return lambda: void(stop(scope=request.param, target=target, reason="test", by="tester"))


def void(_: Any) -> None:
    """For a callback that returns nothing."""


def off() -> None:
    for key in Stop.objects.values_list("key", flat=True):
        assert lift(key=key, by="tester")


OF_CAMPAIGN = {"campaign_id": CAMPAIGN}


def test_nothing_new_is_promised_and_nothing_kept(on: Turn, template: BonusTemplate, wire: Wire) -> None:
    player = PlayerFactory()
    on()
    before = everything()
    with pytest.raises(IssuingStopped) as caught:
        give(template, player, request=OF_CAMPAIGN)
    assert (caught.value.code, caught.value.retry_after) == ("ISSUING_STOPPED", 30)
    assert everything() == before
    assert wire.calls == []
    off()
    assert give(template, player, request=OF_CAMPAIGN).status == "active"


@pytest.mark.parametrize("scope", ["template", "campaign", "adapter"])
def test_everything_else_goes_on(adapter: Adapter, template: BonusTemplate, scope: str) -> None:
    stop(scope=scope, target=uuid.uuid4(), reason="test", by="tester")
    assert give(template, request=OF_CAMPAIGN).status == "active"


def test_a_stopped_adapter_holds_back_its_own_brands_only(
    adapter: Adapter, template: BonusTemplate, simulator: Remote
) -> None:
    nordic = AdapterFactory(slug="nordic", kind="simulator", base_url=simulator.url, origins=["nordic.example"])
    stop(scope="adapter", target=nordic.pk, reason="test", by="tester")
    with pytest.raises(IssuingStopped):
        give(template, PlayerFactory(origin="nordic.example"))
    assert give(template, PlayerFactory(origin="other.example")).status == "active"


@pytest.mark.parametrize("scope", ["all", "campaign"])
def test_a_stop_comes_before_a_template_that_does_not_exist(adapter: Adapter, scope: str) -> None:
    stop(scope=scope, target=CAMPAIGN if scope == "campaign" else None, reason="test", by="tester")
    with pytest.raises(IssuingStopped):
        give(TemplateFactory.build(), request=OF_CAMPAIGN)


def test_what_was_promised_before_and_never_sent_waits(
    on: Turn, adapter: Adapter, template: BonusTemplate, simulator: Remote, wire: Wire
) -> None:
    url = adapter.base_url
    change(adapter, base_url=closed_port())
    grant = give_in_vain(template, request=OF_CAMPAIGN)
    change(adapter, base_url=url)
    wire.calls.clear()
    on()
    for _ in range(2):
        make_due(grant)
        sweep.retry_queued()
    row = current(grant)
    assert (row.status, row.needs_person, row.next_attempt_at is None) == ("queued", False, False)
    assert wire.calls == []
    off()
    make_due(grant)
    sweep.retry_queued()
    assert (current(grant).status, simulator.credits(grant.pk), wire.names) == ("active", 1, ["grant"])


def test_what_the_platform_has_credited_already_is_taken_over(
    on: Turn, adapter: Adapter, template: BonusTemplate, simulator: Remote, wire: Wire
) -> None:
    simulator.add_fault("drop", count=1)
    grant = give_in_vain(template, request=OF_CAMPAIGN)
    on()
    make_due(grant)
    sweep.retry_queued()
    assert wire.names == ["grant", "status"]
    assert (life_of(grant), told(grant)) == (["queued", "active"], ["0:Created"])


def test_what_the_platform_has_not_seen_is_not_sent_again(
    on: Turn, adapter: Adapter, template: BonusTemplate, simulator: Remote, wire: Wire
) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain(template, request=OF_CAMPAIGN)
    on()
    make_due(grant)
    sweep.retry_queued()
    let_time_pass(grant)
    sweep.retry_queued()
    assert wire.names == ["grant", "status", "status"]
    assert (current(grant).status, current(grant).needs_person) == ("queued", False)
    off()
    let_time_pass(grant)
    sweep.retry_queued()
    assert (current(grant).status, simulator.credits(grant.pk)) == ("active", 1)


def test_a_platform_that_can_not_be_asked_is_asked_to_credit_once_the_stop_is_lifted(
    on: Turn, adapter: Adapter, template: BonusTemplate, simulator: Remote, wire: Wire
) -> None:
    change(adapter, capabilities=["issue", "cancel", "idempotent"])
    simulator.add_fault("drop", count=1)
    grant = give_in_vain(template, request=OF_CAMPAIGN)
    on()
    let_time_pass(grant)
    sweep.retry_queued()
    assert (current(grant).status, current(grant).needs_person, wire.names) == ("queued", False, ["grant"])
    off()
    make_due(grant)
    sweep.retry_queued()
    assert (current(grant).status, simulator.credits(grant.pk)) == ("active", 1)


def test_a_stop_that_comes_while_the_platform_is_asked_holds_back_the_credit(
    on: Turn, adapter: Adapter, template: BonusTemplate, simulator: Remote, wire: Wire
) -> None:
    simulator.add_fault("error", count=1)
    grant = give_in_vain(template, request=OF_CAMPAIGN)
    make_due(grant)
    wire.before_next(on)
    sweep.retry_queued()
    assert wire.names == ["grant", "status"]
    assert (current(grant).status, simulator.credits(grant.pk)) == ("queued", 0)
    off()
    make_due(grant)
    sweep.retry_queued()
    assert simulator.credits(grant.pk) == 1


def test_a_stop_changes_nothing_about_what_was_credited(on: Turn, adapter: Adapter, template: BonusTemplate) -> None:
    grant = give(template, request=OF_CAMPAIGN)
    on()
    deliver(grant, "bonus.completed")
    assert current(grant).status == "completed"


@pytest.mark.parametrize(
    ("scope", "target", "reason", "field"),
    [
        ("brand", None, "why", "scope"),
        ("all", uuid.uuid4(), "why", "target"),
        ("template", None, "why", "target"),
        ("all", None, " ", "reason"),
    ],
)
def test_a_stop_that_makes_no_sense(db: None, scope: str, target: uuid.UUID | None, reason: str, field: str) -> None:
    with pytest.raises(StopInvalid) as caught:
        stop(scope=scope, target=target, reason=reason, by="tester")
    assert list(caught.value.details) == [field]
    assert not Stop.objects.exists()


def test_a_stop_that_is_on_stays_as_it_was_set(db: None) -> None:
    stop(scope="all", target=None, reason="first", by="ann")
    stop(scope="all", target=None, reason="second", by="bob")
    row = Stop.objects.get()
    assert (row.key, row.reason, row.set_by) == ("all", "first", "ann")
    assert lift(key="all", by="tester")
    assert not lift(key="all", by="tester")
    assert not Grant.objects.exists()
