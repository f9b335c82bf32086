"""The bodies of the write calls."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from bonuses.api.bodies import Amount, AmountOrZero, Body, Currency, Id, Name
from bonuses.configs import MAX_COUNT, MAX_HOURS
from bonuses.money import MAX_MINOR

BATCH = 1000

Type = Literal["deposit_match", "reload", "no_deposit", "cashback", "free_spins", "risk_free_bet"]
TemplateStatus = Literal["active", "paused", "archived"]
Product = Literal["Casino", "Sportsbook", "Lotto", "Poker"]
Basis = Literal["bonus", "deposit", "bonus_plus_deposit", "winnings"]
MaxBetAction = Literal["forfeit", "ignore"]
FasttrackType = Literal[
    "NoDeposit", "WelcomeBonus", "CashbackBonus", "ReloadBonus", "WagerFree", "FreeSpins", "RiskFreeBet", "Undefined"
]
GrantedBy = Literal["manual", "api", "journey", "campaign", "auto"]
PlayerStatus = Literal["active", "self_excluded", "bonus_blocked", "banned"]

Code = Annotated[str, StringConstraints(max_length=64)]
Text = Annotated[str, StringConstraints(max_length=500)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Multiplier = Annotated[float, Field(ge=0)]
Hours = Annotated[int, Field(ge=1, le=MAX_HOURS)]
Count = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Echoed = Annotated[dict[str, Any], Field(json_schema_extra={"x-ref": "EchoedObject"})]
"""`x-ref`, here and elsewhere: the document knows it by this name."""
SignedAmount = Annotated[int, Field(ge=-MAX_MINOR, le=MAX_MINOR)]


def absent() -> Any:
    """The default of a field that is only looked at when it was sent."""
    return Field(default_factory=lambda: None)


class CreateTemplate(Body):
    """`config` and the wagering rules are looked at by the service, where each type says what it needs."""

    name: Name
    type: Type
    config: Any
    status: TemplateStatus | None = None
    product: Product | None = None
    bonus_code: Code | None = None
    wagering_requirement_multiplier: Multiplier | None = None
    wagering_basis: Basis | None = None
    max_bet_during_wagering: Amount | None = None
    max_bet_action: MaxBetAction | None = None
    time_limit_hours: Hours | None = None
    max_grants_per_player: Count | None = None
    game_contribution: dict[str, Any] | None = None
    max_win_cap: Amount | None = None
    fasttrack_type: FasttrackType | None = None


class ChangeTemplate(Body):
    """Fields that are absent stay; null is for those that can be without a value."""

    name: Name = absent()
    type: Type = absent()
    config: Any = absent()
    status: TemplateStatus = absent()
    product: Product = absent()
    bonus_code: Code | None = absent()
    wagering_requirement_multiplier: Multiplier = absent()
    wagering_basis: Basis = absent()
    max_bet_during_wagering: Amount | None = absent()
    max_bet_action: MaxBetAction = absent()
    time_limit_hours: Hours | None = absent()
    max_grants_per_player: Count | None = absent()
    game_contribution: dict[str, Any] = absent()
    max_win_cap: Amount | None = absent()
    fasttrack_type: FasttrackType | None = absent()


class IssueGrant(Body):
    template_id: Id
    player_id: Id
    granted_by_kind: GrantedBy
    granted_by_id: Id | None = None
    deposit_amount: Amount | None = None
    loss_amount: AmountOrZero | None = None
    currency_override: Currency | None = None
    meta: Echoed | None = None
    fasttrack_references: Echoed | None = None


class CancelGrant(Body):
    reason: Text | None = None


class IdentifyPlayer(Body):
    """Fields that are absent or null stay as they are; a null country is none. `attributes` are replaced as a whole."""

    external_id: Name
    currency: Currency | None = None
    origin: Name | None = None
    status: PlayerStatus | None = None
    country: Country | None = None
    total_deposited: AmountOrZero | None = None
    net_loss: SignedAmount | None = None
    attributes: dict[str, Any] | None = None


class IdentifyBatch(Body):
    """Each row is an `IdentifyPlayer`, looked at on its own, so that a bad one does not stop the others."""

    players: Annotated[list[Any], Field(max_length=BATCH)]


NULLABLE = frozenset(
    {
        "bonus_code",
        "max_bet_during_wagering",
        "time_limit_hours",
        "max_grants_per_player",
        "max_win_cap",
        "fasttrack_type",
    }
)


def template_fields(body: CreateTemplate | ChangeTemplate) -> dict[str, Any]:
    """What was sent, as the services take it; a null where a template needs a value leaves the default."""
    sent = body.model_dump(exclude_unset=True)
    fields = {name: value for name, value in sent.items() if value is not None or name in NULLABLE | {"config"}}
    multiplier = fields.get("wagering_requirement_multiplier")
    if multiplier is not None:
        # By its written digits: 2.5 is exactly 2.5.
        fields["wagering_requirement_multiplier"] = Decimal(str(multiplier))
    return fields


def player_fields(body: IdentifyPlayer) -> dict[str, Any]:
    sent = body.model_dump(exclude_unset=True)
    fields = {name: value for name, value in sent.items() if value is not None}
    if "country" in sent:
        fields["country"] = sent["country"] or ""
    return fields
