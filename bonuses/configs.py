"""What a template of each type must say in its `config`, and which rules go together with which type. Pure.

Nothing is coerced and nothing is filled in: these models check, and what was sent is what is stored.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from bonuses.money import MAX_MINOR
from integrations.currencies import is_known
from integrations.errors import DomainError

MAX_MULTIPLIER = 999_999
MAX_PERCENT = 1_000_000
CATEGORY_LENGTH = 100
MAX_HOURS = 1_000_000
"""A century and more; what it ends at is still a date."""
MAX_COUNT = 2**31 - 1

DEPOSIT_TYPES = frozenset({"deposit_match", "reload"})
DEPOSIT_BASES = frozenset({"deposit", "bonus_plus_deposit"})

AMOUNT_KEYS = ("cap_amount", "amount", "min_loss", "value_per_spin")
"""The keys of any `config` that hold money, so that a grant in another currency converts them."""


class ConfigInvalid(DomainError):
    """`details` maps the path of each bad field (`config.cap_amount`, `config.eligible_games.0`) to what is wrong."""

    code = "BONUS_CONFIG_INVALID"


class RulesInvalid(DomainError):
    """`details` maps field paths to what is wrong, as for any body that does not validate."""

    code = "VALIDATION_ERROR"


def _known_currency(code: str) -> str:
    if not is_known(code):
        raise PydanticCustomError("currency", "Not a currency code we know, such as EUR.")
    return code


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul", "A NUL character can't be stored.")
    return text


Amount = Annotated[int, Field(gt=0, le=MAX_MINOR)]
AmountOrZero = Annotated[int, Field(ge=0, le=MAX_MINOR)]
CurrencyCode = Annotated[str, AfterValidator(_known_currency), Field(json_schema_extra={"x-ref": "Currency"})]
Game = Annotated[str, Field(max_length=200), AfterValidator(_storable)]


class _Config(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    currency: CurrencyCode


class DepositConfig(_Config):
    match_percent: Annotated[float, Field(gt=0, le=MAX_PERCENT, allow_inf_nan=False)]
    cap_amount: Amount


class AmountConfig(_Config):
    amount: Amount


class CashbackConfig(_Config):
    percent: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    window_days: Annotated[int, Field(ge=1, le=36_500)]
    min_loss: AmountOrZero
    cap_amount: Amount | None = None


class FreeSpinsConfig(_Config):
    count: Annotated[int, Field(ge=1, le=1_000_000)]
    value_per_spin: Amount
    eligible_games: list[Game]

    @model_validator(mode="after")
    def _total_can_be_counted(self) -> "FreeSpinsConfig":
        if self.count * self.value_per_spin > MAX_MINOR:
            raise PydanticCustomError("total", "All spins together are worth more than can be counted.")
        return self


CONFIGS: dict[str, type[BaseModel]] = {
    "deposit_match": DepositConfig,
    "reload": DepositConfig,
    "no_deposit": AmountConfig,
    "cashback": CashbackConfig,
    "free_spins": FreeSpinsConfig,
    "risk_free_bet": AmountConfig,
}


def check_config(type: str, config: Any) -> None:  # noqa: A002
    """Raise `ConfigInvalid` unless `config` is exactly what a template of this type needs."""
    if not isinstance(config, dict):
        raise ConfigInvalid("The config must be an object.", config="Must be an object.")
    try:
        CONFIGS[type].model_validate(config)
    except ValidationError as error:
        faults = {".".join(("config", *map(str, fault["loc"]))): _sentence(fault) for fault in error.errors()}
        raise ConfigInvalid(f"The config does not fit a template of type {type}.", **faults) from None


def check_rules(
    *,
    type: str,  # noqa: A002
    wagering_basis: str,
    multiplier: Any,
    game_contribution: Any,
) -> None:
    """Raise `RulesInvalid` for what no field shows by itself, and for the numbers that JSON leaves open."""
    faults = {
        **_basis_faults(type, wagering_basis),
        **_multiplier_faults(multiplier),
        **_contribution_faults(game_contribution),
    }
    if faults:
        raise RulesInvalid("The template's wagering rules are not acceptable.", **faults)


def _sentence(fault: Mapping[str, Any]) -> str:
    known = {"missing": "This field is required.", "extra_forbidden": "Unknown field."}
    text = known.get(fault["type"], str(fault["msg"]).replace("Input should be", "Must be"))
    return text if text.endswith(".") else f"{text}."


def _basis_faults(type_: str, basis: str) -> dict[str, str]:
    if basis in DEPOSIT_BASES and type_ not in DEPOSIT_TYPES:
        return {"wagering_basis": f"{basis} is for deposit_match and reload only."}
    if basis == "winnings" and type_ != "free_spins":
        return {"wagering_basis": "winnings is for free_spins only."}
    return {}


def _multiplier_faults(multiplier: Any) -> dict[str, str]:
    number = _number(multiplier)
    if number is None or not 0 <= number <= MAX_MULTIPLIER:
        return {"wagering_requirement_multiplier": f"Must be a number from 0 to {MAX_MULTIPLIER}."}
    if number * 100 % 1:
        return {"wagering_requirement_multiplier": "Must have at most 2 decimals."}
    return {}


def _contribution_faults(contribution: Any) -> dict[str, str]:
    if not isinstance(contribution, dict):
        return {"game_contribution": "Must be an object of category to percent."}
    faults = {}
    for category, percent in contribution.items():
        path = f"game_contribution.{category}"
        if not 1 <= len(category) <= CATEGORY_LENGTH or "\x00" in category:
            faults[path] = f"A category is named by 1 to {CATEGORY_LENGTH} characters."
        elif (number := _number(percent)) is None or not 0 <= number <= 100:
            faults[path] = "Must be a percentage from 0 to 100."
    return faults


def _number(value: Any) -> Decimal | None:
    """What the JSON number says, exactly as it was written; None for anything else, a bool among it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None
