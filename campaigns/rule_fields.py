"""What rules may ask of a player: the columns and attributes, the ops each knows, the values each takes. Pure."""

import math
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bonuses.money import MAX_MINOR
from integrations.currencies import is_known

ATTRIBUTE = "attributes."
MAX_KEY = 200
MAX_TEXT = 500
MAX_LIST = 1000

STATUSES = ("active", "self_excluded", "bonus_blocked", "banned")
COUNTRY = re.compile(r"[A-Z]{2}")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)

EQUALITY = ("eq", "ne", "in", "nin")
ORDER = ("gt", "gte", "lt", "lte")
LISTS = frozenset({"in", "nin"})


class Fault(Exception):
    """`path` leads from the value to what is wrong with it: empty, or `.3` in a list."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


Read = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    read_one: Read
    ops: tuple[str, ...]
    read_ordered: Read | None = None
    """Of what order ops compare with, where that is narrower."""

    def read(self, op: str, value: Any) -> Any:
        """The value as it is compared; raises `Fault`."""
        if op == "exists":
            return _flag(value)
        if op in LISTS:
            return self._list(value)
        if op in ORDER and self.read_ordered:
            return self.read_ordered(value)
        return self.read_one(value)

    def _list(self, values: Any) -> tuple[Any, ...]:
        if not isinstance(values, list) or not 1 <= len(values) <= MAX_LIST:
            raise Fault(f"Must be a list of 1 to {MAX_LIST:,} values.")
        read = []
        for number, value in enumerate(values):
            try:
                read.append(self.read_one(value))
            except Fault as fault:
                raise Fault(fault.message, f".{number}") from None
        return tuple(read)


def kind_of(field: Any) -> Kind | None:
    """None where nothing of that name may be asked."""
    if not isinstance(field, str):
        return None
    if field.startswith(ATTRIBUTE):
        key = field.removeprefix(ATTRIBUTE)
        return ATTRIBUTES if 1 <= len(key) <= MAX_KEY and _is_storable(key) else None
    return COLUMNS.get(field)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Fault("Must be true or false.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or not _is_storable(value):
        raise Fault(f"Must be a text of at most {MAX_TEXT} characters.")
    return value


def _one_of(values: tuple[str, ...]) -> Read:
    def read(value: Any) -> str:
        if value not in values:
            raise Fault(f"Must be one of {', '.join(values)}.")
        return str(value)

    return read


def _currency(value: Any) -> str:
    if not isinstance(value, str) or not is_known(value):
        raise Fault("Not a currency code we know, such as EUR.")
    return value


def _country(value: Any) -> str:
    if not isinstance(value, str) or not COUNTRY.fullmatch(value):
        raise Fault("Must be an ISO 3166-1 alpha-2 code, such as DE.")
    return value


def _amount(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_MINOR:
        raise Fault("Must be an integer, in minor units of the player's currency.")
    amount: int = value
    return amount


def _time(value: Any) -> datetime:
    try:
        if isinstance(value, str) and TIME.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Fault("Must be an RFC 3339 time with its offset, such as 2025-01-31T12:00:00Z.")


def _id(value: Any) -> uuid.UUID:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise Fault("Must be a UUID.")
    return uuid.UUID(value)


def _scalar(value: Any) -> str | int | float | bool:
    if isinstance(value, bool):
        return value
    return _number_or_text(value)


def _number_or_text(value: Any) -> str | int | float:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault("Must be a text or a number; for eq, ne, in, nin and contains also true or false.")
    if not math.isfinite(value) or abs(value) > MAX_MINOR:
        raise Fault(f"Must be within ±{MAX_MINOR}.")
    number: int | float = value
    return number


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


PLAIN = (*EQUALITY, "exists")
TEXTS = Kind(_text, (*EQUALITY, "contains", "exists"))
AMOUNTS = Kind(_amount, (*EQUALITY, *ORDER, "exists"))
TIMES = Kind(_time, (*EQUALITY, *ORDER, "exists"))
ATTRIBUTES = Kind(_scalar, (*EQUALITY, *ORDER, "contains", "exists"), read_ordered=_number_or_text)

COLUMNS: dict[str, Kind] = {
    "id": Kind(_id, PLAIN),
    "external_id": TEXTS,
    "currency": Kind(_currency, PLAIN),
    "origin": TEXTS,
    "status": Kind(_one_of(STATUSES), PLAIN),
    "country": Kind(_country, PLAIN),
    "total_deposited": AMOUNTS,
    "net_loss": AMOUNTS,
    "created_at": TIMES,
    "updated_at": TIMES,
}
