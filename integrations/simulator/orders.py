"""The body of a grant call, read as strictly as a money system would."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

TYPES = frozenset({"deposit_match", "reload", "no_deposit", "cashback", "free_spins", "risk_free_bet"})


class BadOrder(Exception):
    """400: the call cannot be read."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """Per cent of a bet that counts, by game category. Shared by all orders with the same table.

    What is not listed counts as `default`, nothing without one; an empty table counts every bet in full.
    """

    shares: Mapping[str, Fraction]

    def share(self, category: str) -> Fraction:
        return self.shares.get(category, self.shares.get("default", Fraction(0)))


@dataclass(frozen=True, slots=True)
class Order:
    grant_id: str
    player: str
    type: str
    amount: int
    currency: str
    multiplier: Fraction
    basis: str
    required: int
    max_bet: int | None
    contribution: Contribution
    max_win: int | None
    expires_at: datetime | None
    spins: int

    @property
    def is_free_spins(self) -> bool:
        return self.type == "free_spins"

    def required_of_winnings(self, winnings: int) -> int:
        return math.ceil(winnings * self.multiplier)


@lru_cache(maxsize=1024)
def _exact(number: float) -> Fraction:
    """The number as it was written: 0.1 is a tenth."""
    return Fraction(str(number))


@lru_cache(maxsize=1024)
def _contribution(items: tuple[tuple[str, float], ...]) -> Contribution:
    return Contribution({category: _exact(share) for category, share in items or (("default", 100),)})


def _text(source: dict[str, Any], key: str) -> str:
    value = source.get(key)
    if not isinstance(value, str) or not value:
        raise BadOrder(f"{key} must be a non-empty string.")
    return value


def _object(source: dict[str, Any], key: str) -> dict[str, Any]:
    value = source.get(key)
    if not isinstance(value, dict):
        raise BadOrder(f"{key} must be an object.")
    return value


def _whole(source: dict[str, Any], key: str) -> int:
    value = source.get(key)
    if type(value) is not int or value < 0:
        raise BadOrder(f"{key} must be a whole number of minor units, 0 or more.")
    return value


def _whole_or_none(source: dict[str, Any], key: str) -> int | None:
    if key not in source:
        raise BadOrder(f"{key} is missing.")
    return None if source[key] is None else _whole(source, key)


def _number(value: Any, name: str) -> float:
    if type(value) not in (int, float) or value < 0:
        raise BadOrder(f"{name} must be a number, 0 or more.")
    return float(value)


def _moment(source: dict[str, Any], key: str) -> datetime | None:
    value = source.get(key)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as trouble:
        raise BadOrder(f"{key} must be an RFC 3339 time.") from trouble
    if moment.utcoffset() is None:
        raise BadOrder(f"{key} must carry its offset from UTC.")
    return moment


def grant_id_of(body: dict[str, Any]) -> str:
    try:
        return str(uuid.UUID(_text(body, "grant_id")))
    except ValueError as trouble:
        raise BadOrder("grant_id must be a UUID.") from trouble


def read_order(body: dict[str, Any]) -> Order:
    """Raise `BadOrder` naming the first field that is not as agreed."""
    template = _object(body, "template")
    wagering = _object(template, "wagering")
    config = _object(template, "config")
    _text(_object(body, "granted_by"), "kind")
    weights = _object(wagering, "game_contribution")
    spins = config.get("count")
    return Order(
        grant_id=grant_id_of(body),
        player=_text(body, "player_external_id"),
        type=_text(template, "type"),
        amount=_whole(template, "amount_subunit"),
        currency=_text(template, "currency"),
        multiplier=_exact(_number(wagering.get("multiplier"), "multiplier")),
        basis=_text(wagering, "basis"),
        required=_whole(wagering, "required_subunit"),
        max_bet=_whole_or_none(wagering, "max_bet_subunit"),
        contribution=_contribution(tuple((k, _number(v, f"game_contribution.{k}")) for k, v in weights.items())),
        max_win=_whole_or_none(wagering, "max_win_subunit"),
        expires_at=_moment(template, "expires_at"),
        spins=spins if type(spins) is int else 0,
    )
