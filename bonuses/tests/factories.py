"""Rows for tests. Each is valid on its own; name only the fields the test is about.

Calling a factory gives a row, which its annotations do not say; so the public names are of any type.
"""

# mypy: disable-error-code="no-untyped-call"

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from bonuses.lifecycle import ENDED, ON_ACCOUNT, Status
from bonuses.models import BonusTemplate, Grant, Player, TermsRevision
from bonuses.services.terms_revision import terms_of
from integrations.ids import new_id
from integrations.models import Adapter

CONFIGS: dict[str, dict[str, Any]] = {
    "deposit_match": {"match_percent": 100, "cap_amount": 20000, "currency": "EUR"},
    "reload": {"match_percent": 50, "cap_amount": 10000, "currency": "EUR"},
    "no_deposit": {"amount": 1000, "currency": "EUR"},
    "risk_free_bet": {"amount": 500, "currency": "EUR"},
    "cashback": {"percent": 10, "window_days": 7, "min_loss": 1000, "cap_amount": 5000, "currency": "EUR"},
    "free_spins": {"count": 20, "value_per_spin": 10, "currency": "EUR", "eligible_games": ["book-of-tests"]},
}
"""A good config for each type; override with `config=`."""
UNCONFIRMED = frozenset({Status.QUEUED, Status.FAILED})


class _AdapterFactory(DjangoModelFactory[Adapter]):
    """The default adapter: it serves every brand. Made once, like the row itself could be only once."""

    class Meta:
        model = Adapter
        django_get_or_create = ("slug",)

    slug = "acme"
    name = "Acme platform"
    kind = "http"
    base_url = "http://127.0.0.1:9"
    token = "token-for-tests"
    signing_secret = "signing-secret-for-tests"
    webhook_secret = "webhook-secret-for-tests"
    is_default = LazyAttribute(lambda row: row.slug == "acme")


AdapterFactory: Any = _AdapterFactory


class _PlayerFactory(DjangoModelFactory[Player]):
    class Meta:
        model = Player

    external_id = Sequence(lambda n: f"player-{n}")
    currency = "EUR"
    origin = "acme.example"


PlayerFactory: Any = _PlayerFactory


class _TemplateFactory(DjangoModelFactory[BonusTemplate]):
    """A template with its first revision of the terms: €10 without a deposit and without wagering."""

    class Meta:
        model = BonusTemplate

    name = Sequence(lambda n: f"Bonus {n}")
    type = "no_deposit"
    config = LazyAttribute(lambda row: dict(CONFIGS[row.type]))

    @classmethod
    @transaction.atomic
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> BonusTemplate:
        template: BonusTemplate = model_class(*args, **kwargs, revision_id=new_id())
        template.full_clean(exclude=["revision"])
        template.save(force_insert=True)
        TermsRevision.objects.create(id=template.revision_id, template=template, number=1, terms=terms_of(template))
        return template


TemplateFactory: Any = _TemplateFactory


def _was_credited(status: str) -> bool:
    return status in ON_ACCOUNT or status in ENDED - {Status.FAILED, Status.CANCELLED}


def _next_slot(row: Any) -> int | None:
    if row.status in {Status.FAILED, Status.CANCELLED} and row.activated_at is None:
        return None
    grants = Grant.objects.filter(template=row.template, player=row.player, window=row.window, slot__isnull=False)
    taken = set(grants.values_list("slot", flat=True))
    return next(slot for slot in range(len(taken) + 1) if slot not in taken)


class _GrantFactory(DjangoModelFactory[Grant]):
    """An active grant of €10, in the state it would be in, but without history and without events."""

    class Meta:
        model = Grant

    template = SubFactory(TemplateFactory)
    revision = SelfAttribute("template.revision")
    player = SubFactory(PlayerFactory)
    adapter = SubFactory(AdapterFactory)
    status = Status.ACTIVE
    amount = 1000
    currency = "EUR"
    exchange_rate = Decimal(1)
    amount_base = SelfAttribute("amount")
    player_currency = SelfAttribute("player.currency")
    platform_bonus_id = LazyAttribute(lambda row: "" if row.status in UNCONFIRMED else f"pb-{uuid.uuid4()}")
    granted_by_kind = "api"
    window = 0
    slot = LazyAttribute(_next_slot)
    created_at = LazyFunction(timezone.now)
    activated_at = LazyAttribute(lambda row: row.created_at if _was_credited(row.status) else None)
    ended_at = LazyAttribute(lambda row: row.created_at + timedelta(hours=1) if row.status in ENDED else None)


GrantFactory: Any = _GrantFactory
