"""What must be so for one player to be given one bonus: every check by its name, in their order."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Exists, OuterRef

from bonuses.models import BonusTemplate, Player
from bonuses.models.player import PlayerStatus
from bonuses.models.stop import stops_of
from bonuses.models.template import TemplateStatus
from bonuses.services.adapters import Known, active_adapters, serving
from bonuses.services.checks import Check, of_part, pass_all
from bonuses.services.offer import OFFER_CHECKS, Offering, RateAt
from bonuses.services.slots import check_limit, held_slots
from integrations.errors import DomainError
from integrations.rates import rate_at


class TemplateNotFound(DomainError):
    code = "BONUS_TEMPLATE_NOT_FOUND"


class TemplateNotActive(DomainError):
    code = "BONUS_TEMPLATE_NOT_ACTIVE"


class PlayerNotFound(DomainError):
    code = "PLAYER_NOT_FOUND"


class PlayerBlocked(DomainError):
    code = "PLAYER_BLOCKED"


class IssuingStopped(DomainError):
    """The operator's kill switch is on; nothing is kept."""

    code = "ISSUING_STOPPED"
    retry_after = 30

    def __init__(self) -> None:
        super().__init__("An operator has stopped issuing.")


@dataclass
class TemplateCase:
    """Filled by the checks, each with what those after it need."""

    template_id: uuid.UUID
    campaign_id: uuid.UUID | None
    found: BonusTemplate | None = field(default=None, init=False)

    @property
    def template(self) -> BonusTemplate:
        """Once it is known that there is one."""
        assert self.found is not None  # noqa: S101  `_template_exists` comes first
        return self.found


@dataclass
class IssueCase(TemplateCase):
    """Amounts are minor units of the grant's currency."""

    player_id: uuid.UUID
    deposit: int | None
    loss: int | None
    currency: str | None
    now: datetime
    rate_at: RateAt = rate_at
    player: Player = field(init=False)
    known: Known = field(init=False)
    held: set[int] = field(init=False)
    """Slots of the player in this window."""

    @cached_property
    def offering(self) -> Offering:
        return Offering(
            self.template.revision.terms,
            player_currency=self.player.currency,
            net_loss=self.player.net_loss,
            deposit=self.deposit,
            loss=self.loss,
            currency=self.currency,
            now=self.now,
            rate_at=self.rate_at,
        )


def usable_template(*, template_id: uuid.UUID, campaign_id: uuid.UUID | None) -> BonusTemplate:
    """The template with its terms, in one query. Raises `IssuingStopped`, `TemplateNotFound`, `TemplateNotActive`."""
    case = TemplateCase(template_id, campaign_id)
    pass_all(TEMPLATE_CHECKS, case)
    return case.template


def check_player_status(status: str) -> None:
    if status != PlayerStatus.ACTIVE:
        raise PlayerBlocked(f"The player is {status}.", status=status)


def check_adapter_goes(known: Known) -> None:
    if known.is_stopped:
        raise IssuingStopped


def _nothing_stops_the_template(case: TemplateCase) -> None:
    """Reads the template as well, and in the same query whether the kill switch holds it back."""
    template = (
        BonusTemplate.objects.select_related("revision")
        .annotate(is_stopped=Exists(stops_of(template=OuterRef("pk"), campaign=case.campaign_id)))
        .filter(pk=case.template_id)
        .first()
    )
    if template.is_stopped if template else stops_of(campaign=case.campaign_id).exists():
        raise IssuingStopped
    case.found = template


def _template_exists(case: TemplateCase) -> None:
    if case.found is None:
        raise TemplateNotFound(f"There is no bonus template {case.template_id}.")


def _template_is_active(case: TemplateCase) -> None:
    status = case.template.status
    if status != TemplateStatus.ACTIVE:
        raise TemplateNotActive(f"The bonus template is {status}.", status=status)


def _player_exists(case: IssueCase) -> None:
    try:
        case.player = Player.objects.get(pk=case.player_id)
    except Player.DoesNotExist:
        raise PlayerNotFound(f"There is no player {case.player_id}.") from None


def _player_may_be_granted(case: IssueCase) -> None:
    check_player_status(case.player.status)


def _adapter_serves(case: IssueCase) -> None:
    """The platform that serves the player's brand, else the default one."""
    case.known = serving(active_adapters(), case.player.origin)


def _nothing_stops_the_adapter(case: IssueCase) -> None:
    check_adapter_goes(case.known)


def _slot_is_free(case: IssueCase) -> None:
    offer = case.offering.offer
    case.held = held_slots(template=case.template, player=case.player, window=offer.window)
    check_limit(case.held, limit=offer.terms.max_grants_per_player)


def _offering(case: IssueCase) -> Offering:
    return case.offering


TEMPLATE_CHECKS: tuple[Check[TemplateCase], ...] = (
    Check("kill_switch", _nothing_stops_the_template),
    Check("template_exists", _template_exists),
    Check("template_active", _template_is_active),
)
ISSUE_CHECKS: tuple[Check[IssueCase], ...] = (
    *TEMPLATE_CHECKS,
    Check("player_exists", _player_exists),
    Check("player_active", _player_may_be_granted),
    *of_part(OFFER_CHECKS, _offering),
    Check("adapter", _adapter_serves),
    Check("adapter_stop", _nothing_stops_the_adapter),
    Check("limit", _slot_is_free),
)
