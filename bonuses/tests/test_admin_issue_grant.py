import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from bonuses.models import Grant, GrantTransition
from bonuses.services import stop
from bonuses.services.change_template import change_template
from bonuses.tests.factories import GrantFactory, PlayerFactory, TemplateFactory
from bonuses.tests.issuing import rate
from integrations.platforms import registry
from integrations.platforms.base import CancelOrder, GrantOrder, PlatformBonus, PlatformRefused, PlatformTrouble
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/bonuses/grant/add/"
MAY = ("bonuses.view_grant", "bonuses.issue_grant")


class FakePlatform:
    """Answers what the test wants, and remembers what it was asked."""

    trouble: Exception | None = None

    def __init__(self) -> None:
        self.orders: list[GrantOrder] = []

    def __call__(self, adapter: object) -> "FakePlatform":
        return self

    def grant(self, order: GrantOrder) -> PlatformBonus:
        assert not connection.in_atomic_block, "no transaction is held while the platform is called"
        self.orders.append(order)
        if self.trouble is not None:
            raise self.trouble
        return PlatformBonus(platform_bonus_id=f"pb-{order.grant_id}", status="credited")

    def cancel(self, order: CancelOrder) -> None:
        raise AssertionError(order)

    def status(self, *, grant_id: uuid.UUID, platform_bonus_id: str | None) -> PlatformBonus | None:
        return None


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    fake = FakePlatform()
    monkeypatch.setitem(registry.KINDS, "http", fake)
    GrantFactory.create(player__external_id="someone-else")  # brings the default adapter
    return fake


def new_grants() -> Any:
    return Grant.objects.exclude(player__external_id="someone-else")


def filled(page: Any, **changes: Any) -> dict[str, Any]:
    found = re.search(r'name="request_key" value="([^"]+)"', text(page))
    assert found is not None
    form = {"deposit_amount": "", "loss_amount": "", "currency": "", "reason": "a gift", "request_key": found.group(1)}
    return {**form, **changes}


def agreed(client: Client, form: dict[str, Any]) -> dict[str, Any]:
    """What a person sends who has seen what would happen."""
    asked = client.post(ADD, form)
    assert asked.templates[0].name == "admin/bonuses/grant/issue_confirm.html"
    return {**form, "seen": asked.context["form"]["seen"].value(), "confirmed": "Issue"}


def send(client: Client, form: dict[str, Any]) -> Any:
    return client.post(ADD, agreed(client, form), follow=True)


def test_issues_a_grant(platform: FakePlatform) -> None:
    template = TemplateFactory.create(type="deposit_match")
    player = PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)
    page = client.get(ADD)
    assert INLINE.search(text(page)) is None

    form = filled(page, template=template.pk, player="player-77", deposit_amount="50.00")
    confirmed = agreed(client, form)
    assert not new_grants().exists()
    answer = client.post(ADD, confirmed, follow=True)

    grant = new_grants().get()
    assert (grant.player, grant.template, grant.status) == (player, template, "active")
    assert (grant.amount, grant.deposit_amount, grant.granted_by_kind) == (5000, 5000, "manual")
    assert answer.redirect_chain[-1][0] == f"/admin/bonuses/grant/{grant.pk}/change/"
    assert messages_in(answer) == ["The grant is active."]
    history = GrantTransition.objects.filter(grant=grant).values_list("to_status", "cause", "actor", "reason")
    assert list(history) == [("queued", "admin", "olga", "a gift"), ("active", "admin", "olga", "")]


def test_a_form_sent_twice_issues_once(platform: FakePlatform) -> None:
    template = TemplateFactory.create(max_grants_per_player=None)
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)
    form = agreed(client, filled(client.get(ADD), template=template.pk, player="player-77"))

    client.post(ADD, form)
    again = client.post(ADD, form, follow=True)

    assert new_grants().count() == 1
    assert len(platform.orders) == 1
    assert "nothing was issued a second time" in messages_in(again)[-1]


def test_the_key_of_one_person_is_not_that_of_another(platform: FakePlatform) -> None:
    template = TemplateFactory.create(max_grants_per_player=None)
    PlayerFactory.create(external_id="player-77")
    first, second = signed_in(*MAY, name="olga"), signed_in(*MAY, name="otto")
    form = agreed(first, filled(first.get(ADD), template=template.pk, player="player-77"))

    first.post(ADD, form)
    second.post(ADD, form)

    assert new_grants().count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"player": "nobody"}, "player"),
        ({"player": ""}, "player"),
        ({"template": ""}, "template"),
        ({"template": str(uuid.uuid4())}, "template"),
        ({"deposit_amount": ""}, "deposit_amount"),
        ({"deposit_amount": "0"}, "deposit_amount"),
        ({"deposit_amount": "1.505"}, "deposit_amount"),
        ({"deposit_amount": "1,50"}, "deposit_amount"),
        ({"deposit_amount": "-1"}, "deposit_amount"),
        ({"deposit_amount": str(2**53)}, "deposit_amount"),
        ({"loss_amount": "-1"}, "loss_amount"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"currency": "QQQ"}, "currency"),
        ({"currency": "SEK"}, "currency"),
        ({"request_key": "mine"}, "request_key"),
        ({"request_key": ""}, "request_key"),
    ],
)
def test_bad_input_is_said_at_its_field_and_keeps_what_was_typed(
    platform: FakePlatform, changes: dict[str, str], field: str
) -> None:
    template = TemplateFactory.create(type="deposit_match")
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)
    typed = {
        "template": template.pk,
        "player": "player-77",
        "deposit_amount": "50.00",
        "loss_amount": "0.42",
        "reason": "a gift",
        **changes,
    }

    answer = client.post(ADD, filled(client.get(ADD), **typed))

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    for name in {"player", "deposit_amount", "loss_amount"} - {field}:
        assert f'name="{name}" value="{typed[name]}"' in text(answer)
    assert not new_grants().exists()
    assert platform.orders == []


def test_domain_rules_are_said_at_their_field(platform: FakePlatform) -> None:
    template = TemplateFactory.create()
    blocked = PlayerFactory.create(status="self_excluded")
    served = GrantFactory.create(template=template, player__external_id="has-it").player
    client = signed_in(*MAY)

    for player in (blocked, served):
        answer = client.post(ADD, filled(client.get(ADD), template=template.pk, player=player.external_id))
        assert list(answer.context["form"].errors) == ["player"]
    stop.stop(scope="all", target=None, reason="a leak", by="boss")
    answer = client.post(ADD, filled(client.get(ADD), template=template.pk, player=served.external_id))
    assert answer.context["form"].errors == {"__all__": ["An operator has stopped issuing."]}
    assert platform.orders == []


def test_a_paused_template_is_not_offered(platform: FakePlatform) -> None:
    template = TemplateFactory.create(status="paused", name="Paused one")

    assert template.name not in text(signed_in(*MAY).get(ADD))


def test_a_refusal_shows_why_and_the_next_sending_makes_another_grant(platform: FakePlatform) -> None:
    template = TemplateFactory.create()
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)
    platform.trouble = PlatformRefused("TEMPLATE_NOT_SUPPORTED", "no <such> bonus")

    refused = send(client, filled(client.get(ADD), template=template.pk, player="player-77"))

    failed = new_grants().get()
    assert failed.status == "failed"
    assert "TEMPLATE_NOT_SUPPORTED, no &lt;such&gt; bonus" in text(refused)
    assert f"/admin/bonuses/grant/{failed.pk}/change/" in text(refused)
    platform.trouble = None
    send(client, filled(refused, template=template.pk, player="player-77"))
    assert sorted(new_grants().values_list("status", flat=True)) == ["active", "failed"]


def test_a_platform_out_of_reach_leaves_the_grant_queued_and_leads_to_it(platform: FakePlatform) -> None:
    template = TemplateFactory.create()
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)
    platform.trouble = PlatformTrouble("time-out", sent=True)

    answer = send(client, filled(client.get(ADD), template=template.pk, player="player-77"))

    grant = new_grants().get()
    assert grant.status == "queued"
    assert answer.redirect_chain[-1][0] == f"/admin/bonuses/grant/{grant.pk}/change/"
    assert "will be retried" in messages_in(answer)[0]


def test_who_may_only_view_can_not_issue(platform: FakePlatform) -> None:
    template = TemplateFactory.create()
    PlayerFactory.create(external_id="player-77")
    client = signed_in("bonuses.view_grant", "bonuses.add_grant")

    assert client.get(ADD).status_code == 403
    form = {"template": template.pk, "player": "player-77", "request_key": str(uuid.uuid4())}
    assert client.post(ADD, form).status_code == 403
    assert not new_grants().exists()


@pytest.mark.parametrize(
    ("terms", "typed", "told"),
    [
        (
            {
                "type": "deposit_match",
                "wagering_requirement_multiplier": 30,
                "wagering_basis": "bonus_plus_deposit",
                "time_limit_hours": 720,
            },
            {"deposit_amount": "50.00"},
            ["€50.00", "€3,000.00 before it turns into real money", "UTC, if nothing ends it before"],
        ),
        ({}, {}, ["€10.00", "none", "never"]),
        (
            {"type": "free_spins", "wagering_requirement_multiplier": "2.5"},
            {},
            ["20 free spins of €0.10, €2.00 in all", "2.5 × what the spins win"],
        ),
        ({"type": "cashback"}, {"loss_amount": "100"}, ["€10.00"]),
    ],
)
def test_says_what_will_happen_and_does_nothing(
    platform: FakePlatform, terms: dict[str, Any], typed: dict[str, str], told: list[str]
) -> None:
    template = TemplateFactory.create(**terms)
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)

    asked = client.post(ADD, filled(client.get(ADD), template=template.pk, player="player-77", **typed))

    shown = dict(asked.context["tables"][0].rows)
    assert [words for words in told if words not in " | ".join(map(str, shown.values()))] == []
    assert shown["Reason"] == "a gift"
    assert INLINE.search(text(asked)) is None
    assert not new_grants().exists()
    assert platform.orders == []


@pytest.mark.parametrize(
    ("currency", "bad", "good", "minor"), [("JPY", "5000.5", "5000", 5000), ("KWD", "1.2345", "1.234", 1234)]
)
def test_each_currency_has_its_decimals(platform: FakePlatform, currency: str, bad: str, good: str, minor: int) -> None:
    rate(currency, "EUR", "2")
    PlayerFactory.create(external_id="player-77", currency=currency)
    config = {"match_percent": 100, "cap_amount": 10**9, "currency": currency}
    template = TemplateFactory.create(type="deposit_match", config=config)
    client = signed_in(*MAY)
    form = filled(client.get(ADD), template=template.pk, player="player-77")

    refused = client.post(ADD, {**form, "deposit_amount": bad})
    assert list(refused.context["form"].errors) == ["deposit_amount"]
    send(client, {**form, "deposit_amount": good})
    grant = new_grants().get()
    assert (grant.amount, grant.deposit_amount, grant.currency) == (minor, minor, currency)


def test_terms_that_changed_meanwhile_are_looked_at_again(platform: FakePlatform) -> None:
    template = TemplateFactory.create()
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)
    form = agreed(client, filled(client.get(ADD), template=template.pk, player="player-77"))
    change_template(template_id=template.pk, by="otto", changes={"config": {"amount": 700, "currency": "EUR"}})

    again = client.post(ADD, form)

    assert "What would be given has changed since you looked." in text(again)
    assert "€7.00" in text(again)
    assert not new_grants().exists()
    client.post(ADD, {**form, "seen": again.context["form"]["seen"].value()})
    assert new_grants().get().amount == 700


def test_back_to_the_form_with_all_that_was_typed(platform: FakePlatform) -> None:
    template = TemplateFactory.create(type="deposit_match")
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)
    typed = {"template": template.pk, "player": "player-77", "deposit_amount": "50.00", "reason": "because <x>"}
    form = agreed(client, filled(client.get(ADD), **typed))
    del form["confirmed"]

    back = client.post(ADD, {**form, "change": "Change"})

    for name, value in (("player", "player-77"), ("deposit_amount", "50.00"), ("reason", "because &lt;x&gt;")):
        assert f'name="{name}" value="{value}"' in text(back)
    assert not new_grants().exists()


def test_nothing_is_issued_unseen(platform: FakePlatform) -> None:
    template = TemplateFactory.create()
    PlayerFactory.create(external_id="player-77")
    client = signed_in(*MAY)

    answer = client.post(ADD, filled(client.get(ADD), template=template.pk, player="player-77", confirmed="Issue"))

    assert answer.templates[0].name == "admin/bonuses/grant/issue_confirm.html"
    assert not new_grants().exists()
