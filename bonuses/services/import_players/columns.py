"""What the columns of a file of players mean. The rules are those of `identify_player` and of the API's body.

An empty cell is the API's null: what we have stays, but an empty country is none. `attributes` is a JSON object that
replaces all there is; a column `attributes.<key>` changes that one key. Spaces around a cell do not count.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from bonuses.models.player import PlayerStatus
from bonuses.money import MAX_MINOR
from bonuses.services.identify_player import FIELDS
from integrations.csv_files import BadLine, FileInvalid
from integrations.currencies import is_known

KEY = "external_id"
ATTRIBUTES = "attributes"
PREFIX = "attributes."
STAGED = (KEY, *FIELDS)

_INTEGER = re.compile(r"-?[0-9]{1,16}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_STATUSES = frozenset(PlayerStatus.values)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Layout:
    """The columns of one file, in its order."""

    def __init__(self, header: tuple[str, ...]) -> None:
        _check(header)
        self._columns = [(name, READERS.get(name), name.removeprefix(PREFIX)) for name in header]
        self.merges = any(name.startswith(PREFIX) for name in header)
        self.said = tuple(name for name in FIELDS if name in header or (name == ATTRIBUTES and self.merges))
        """The fields of a player of which the file says something."""

    def read(self, line: int, cells: list[str]) -> tuple[list[Any], list[BadLine]]:
        """The values of `STAGED`, None for what is not said; or what is wrong with them."""
        values: dict[str, Any] = dict.fromkeys(STAGED)
        attributes: dict[str, Any] = {}
        bad: list[BadLine] = []
        for (name, reader, key), cell in zip(self._columns, cells, strict=True):
            text = cell.strip()
            try:
                if reader is None:
                    if text:
                        attributes[key] = scalar(text)
                elif text or name == "country":
                    values[name] = reader(text)
            except ValueError as error:
                bad.append(BadLine(line, name[:200], str(error)))
        if values[KEY] is None and not bad:
            bad.append(BadLine(line, KEY, "This field is required."))
        if attributes:
            values[ATTRIBUTES] = json.dumps(attributes)
        return list(values.values()), bad


def scalar(text: str) -> Any:
    """A cell of `attributes.<key>`: a JSON number, true, false, null or a text in quotes is that, anything else text.

    A number that JSON readers would not keep exact is a text, such as a long card number; so is 007.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith('"'):
        return _quoted(text)
    if len(text) > 40 or not (number := _NUMBER.fullmatch(text)):
        return text
    if number[2] is None and number[3] is None:
        return int(text) if abs(int(text)) <= MAX_MINOR else text
    return float(text) if abs(float(text)) <= MAX_MINOR else text


def _quoted(text: str) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    _check_storable(json.dumps(found))
    return str(found)


def _check(header: tuple[str, ...]) -> None:
    unknown = [name for name in header if name not in READERS and not (name.startswith(PREFIX) and name != PREFIX)]
    if unknown:
        raise FileInvalid(
            f"Not a column of players: {', '.join(unknown)[:200]}. There are {', '.join(STAGED)} and {PREFIX}<key>."
        )
    if KEY not in header:
        raise FileInvalid(f"The header has no column {KEY}.")
    if header == (KEY,):
        raise FileInvalid(f"The file has nothing but {KEY}.")
    if ATTRIBUTES in header and any(name.startswith(PREFIX) for name in header):
        raise FileInvalid(f"The file may have {ATTRIBUTES} or {PREFIX}<key>, not both.")


def name_of(text: str) -> str:
    if len(text) > 200:
        raise ValueError("Must have at most 200 characters.")
    return text


def _currency(text: str) -> str:
    if not is_known(text):
        raise ValueError("Not a currency code we know, such as EUR.")
    return text


def _status(text: str) -> str:
    if text not in _STATUSES:
        raise ValueError(f"Must be one of {', '.join(PlayerStatus.values)}.")
    return text


def _country(text: str) -> str:
    if text and _COUNTRY.fullmatch(text) is None:
        raise ValueError("Must be two capital letters, such as SE.")
    return text


def _signed(text: str) -> int:
    if _INTEGER.fullmatch(text) is None or abs(int(text)) > MAX_MINOR:
        raise ValueError(f"Must be a whole number of minor units, up to {MAX_MINOR}.")
    return int(text)


def _amount(text: str) -> int:
    if (amount := _signed(text)) < 0:
        raise ValueError("Must not be below 0.")
    return amount


def _object(text: str) -> str:
    try:
        found = json.loads(text)
        written = json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        raise ValueError("Must be JSON.") from None
    if not isinstance(found, dict):
        raise ValueError("Must be a JSON object.")  # noqa: TRY004  one kind of error for all bad cells
    _check_storable(written)
    return written


def _check_storable(written: str) -> None:
    """PostgreSQL takes neither a NUL nor half a surrogate pair in JSON."""
    if "\\u0000" in written.replace("\\\\", ""):
        raise ValueError("A NUL character can't be stored.")
    try:
        json.dumps(json.loads(written), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("Half a surrogate pair can't be stored.") from None


READERS: dict[str, Callable[[str], Any]] = {
    KEY: name_of,
    "currency": _currency,
    "origin": name_of,
    "status": _status,
    "country": _country,
    "total_deposited": _amount,
    "net_loss": _signed,
    ATTRIBUTES: _object,
}
