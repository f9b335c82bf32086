"""Templates and terms, each type with its own `config`: what a caller sends, and what comes back."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from bonuses.api.bodies import Amount
from bonuses.api.docs.scalars import DESCRIBED_ONLY, Choice, Id, Moment, Shape, Text
from bonuses.api.serializers import (
    ChangeTemplate,
    Count,
    CreateTemplate,
    FasttrackType,
    Hours,
    MaxBetAction,
    Product,
    TemplateStatus,
    absent,
)
from bonuses.configs import (
    CATEGORY_LENGTH,
    MAX_MULTIPLIER,
    AmountConfig,
    CashbackConfig,
    DepositConfig,
    FreeSpinsConfig,
)

DEFAULTS = {
    "status": "active",
    "product": "Casino",
    "wagering_requirement_multiplier": 0,
    "wagering_basis": "bonus",
    "max_bet_action": "forfeit",
    "max_grants_per_player": 1,
    "game_contribution": {},
}

Multiplier = Annotated[float, Field(ge=0, le=MAX_MULTIPLIER, multiple_of=0.01)]
Contribution = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"minLength": 1, "maxLength": CATEGORY_LENGTH, "pattern": r"^[^\x00]*$"},
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 100},
        }
    ),
]
DepositBasis = Literal["bonus", "deposit", "bonus_plus_deposit"]
SpinsBasis = Literal["bonus", "winnings"]
PlainBasis = Literal["bonus"]


def _with_defaults(schema: dict[str, Any], model: type[BaseModel]) -> None:
    for name, value in DEFAULTS.items():
        schema["properties"][name]["default"] = value


class NewTemplateBody(CreateTemplate):
    model_config = ConfigDict(json_schema_extra=_with_defaults, **DESCRIBED_ONLY)

    wagering_requirement_multiplier: Multiplier | None = None
    game_contribution: Contribution | None = None


class NewDepositMatch(NewTemplateBody):
    """Matches a deposit: a percentage of it, up to a cap."""

    type: Literal["deposit_match"]
    config: DepositConfig
    wagering_basis: DepositBasis | None = None


class NewReload(NewTemplateBody):
    """Matches a later deposit: a percentage of it, up to a cap."""

    type: Literal["reload"]
    config: DepositConfig
    wagering_basis: DepositBasis | None = None


class NewNoDeposit(NewTemplateBody):
    """A fixed amount, without a deposit."""

    type: Literal["no_deposit"]
    config: AmountConfig
    wagering_basis: PlainBasis | None = None


class NewCashback(NewTemplateBody):
    """A percentage of what the player lost in a window."""

    type: Literal["cashback"]
    config: CashbackConfig
    wagering_basis: PlainBasis | None = None


class NewFreeSpins(NewTemplateBody):
    """A number of spins of a fixed stake; what they win is the bonus."""

    type: Literal["free_spins"]
    config: FreeSpinsConfig
    wagering_basis: SpinsBasis | None = None


class NewRiskFreeBet(NewTemplateBody):
    """A bet of a fixed amount whose stake comes back when it is lost."""

    type: Literal["risk_free_bet"]
    config: AmountConfig
    wagering_basis: PlainBasis | None = None


class NewTemplate(
    Choice[
        Annotated[
            NewDepositMatch | NewReload | NewNoDeposit | NewCashback | NewFreeSpins | NewRiskFreeBet,
            Field(discriminator="type"),
        ]
    ]
):
    """A template to be made; `type` says what goes in `config`."""


class TemplateChange(ChangeTemplate):
    """What to change; fields that are absent stay. `config` is replaced as a whole and must fit the template's type."""

    model_config = DESCRIBED_ONLY

    config: DepositConfig | AmountConfig | CashbackConfig | FreeSpinsConfig = absent()
    wagering_requirement_multiplier: Multiplier = absent()
    game_contribution: Contribution = absent()


class TermsShape(Shape):
    product: Product
    bonus_code: Text | None
    wagering_requirement_multiplier: Multiplier
    max_bet_during_wagering: Amount | None
    max_bet_action: MaxBetAction
    time_limit_hours: Hours | None
    max_grants_per_player: Count | None
    game_contribution: Contribution
    max_win_cap: Amount | None
    fasttrack_type: FasttrackType | None


class DepositMatchTerms(TermsShape):
    type: Literal["deposit_match"]
    config: DepositConfig
    wagering_basis: DepositBasis


class ReloadTerms(TermsShape):
    type: Literal["reload"]
    config: DepositConfig
    wagering_basis: DepositBasis


class NoDepositTerms(TermsShape):
    type: Literal["no_deposit"]
    config: AmountConfig
    wagering_basis: PlainBasis


class CashbackTerms(TermsShape):
    type: Literal["cashback"]
    config: CashbackConfig
    wagering_basis: PlainBasis


class FreeSpinsTerms(TermsShape):
    type: Literal["free_spins"]
    config: FreeSpinsConfig
    wagering_basis: SpinsBasis


class RiskFreeBetTerms(TermsShape):
    type: Literal["risk_free_bet"]
    config: AmountConfig
    wagering_basis: PlainBasis


class Terms(
    Choice[
        Annotated[
            DepositMatchTerms | ReloadTerms | NoDepositTerms | CashbackTerms | FreeSpinsTerms | RiskFreeBetTerms,
            Field(discriminator="type"),
        ]
    ]
):
    """The terms of a bonus; `type` says what is in `config`."""


class TemplateRow(Shape):
    id: Id
    name: Text
    status: TemplateStatus
    created_at: Moment
    updated_at: Moment


class DepositMatchTemplate(DepositMatchTerms, TemplateRow):
    pass


class ReloadTemplate(ReloadTerms, TemplateRow):
    pass


class NoDepositTemplate(NoDepositTerms, TemplateRow):
    pass


class CashbackTemplate(CashbackTerms, TemplateRow):
    pass


class FreeSpinsTemplate(FreeSpinsTerms, TemplateRow):
    pass


class RiskFreeBetTemplate(RiskFreeBetTerms, TemplateRow):
    pass


class Template(
    Choice[
        Annotated[
            DepositMatchTemplate
            | ReloadTemplate
            | NoDepositTemplate
            | CashbackTemplate
            | FreeSpinsTemplate
            | RiskFreeBetTemplate,
            Field(discriminator="type"),
        ]
    ]
):
    """A bonus template; `type` says what is in `config`."""
