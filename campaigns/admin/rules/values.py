"""Values of rules as people type them: texts to JSON and back.

Amounts are typed in major units, with the decimals of the base currency, and kept as the minor units of each player's
own: `10.00` is 1000.

What can't be read stays the text it is; the rules' own reader says then what is wrong with it.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings

from bonuses.money import MAX_MINOR, AmountInvalid, display, from_major, to_major
from campaigns.rule_fields import AMOUNTS, ATTRIBUTE, COLUMNS, LISTS, TIMES

SORTS = {"text": "text", "number": "number", "flag": "yes or no", "json": "JSON"}
FLAGS = {"yes": True, "no": False}
CODES = frozenset({"currency", "country"})
"""Written in capitals."""
LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?", re.ASCII)


def read(texts: list[str], *, field: str, op: str, sort: str) -> Any:
    """JSON of what was typed; `texts` has the lines of a list, or one text."""
    if op == "exists":
        return FLAGS.get(texts[0] if texts else "yes", True)
    one = _reader(field, sort)
    if op in LISTS:
        return [one(line) for line in texts]
    return one(texts[0] if texts else "")


def written(value: Any, *, field: str, op: str) -> tuple[str, list[str]]:
    """The sort of an attribute's values, and the texts that `read` makes the same value of, where any do."""
    if op == "exists":
        return "text", ["yes" if value is True else "no"]
    values = value if op in LISTS and isinstance(value, list) else [value]
    if not field.startswith(ATTRIBUTE):
        return "text", [_text(each, is_amount=is_amount(field)) for each in values]
    sort = _sort_of(values)
    return sort, [_texts[sort](each) for each in values]


def is_amount(field: str) -> bool:
    return COLUMNS.get(field) is AMOUNTS


def amount_faults(texts: list[str]) -> list[str]:
    """What is wrong with amounts, as the one who typed them has to mend them."""
    found = []
    for text in texts:
        try:
            from_major(text.strip(), settings.BASE_CURRENCY)
        except AmountInvalid as error:
            found.append(error.message)
    return found


def amount_hint() -> str:
    base = settings.BASE_CURRENCY
    typed, others = f"{to_major(1000, base):f}", (display(1000, "JPY"), display(1000, "KWD"))
    return f"{typed} is {display(1000, base)}, and for players in other currencies {' or '.join(others)}"


def lines_of(typed: str) -> list[str]:
    """A list is typed one value a line."""
    return [line.strip() for line in typed.splitlines() if line.strip()]


def is_line(text: str) -> bool:
    """Whether it comes back from a field as it went there."""
    return text == text.strip() and text.isprintable() and bool(text)


def comes_back(texts: list[str], op: str) -> bool:
    """Whether a browser sends back what it is shown."""
    return all(is_line(text) for text in texts) if op in LISTS else not set("\r\n") & set("".join(texts))


def _sort_of(values: list[Any]) -> str:
    if values and all(isinstance(each, str) and is_line(each) for each in values):
        return "text"
    if values and all(isinstance(each, bool) for each in values):
        return "flag"
    is_number = all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
    return "number" if values and is_number else "json"


def _reader(field: str, sort: str) -> Callable[[str], Any]:
    if field.startswith(ATTRIBUTE):
        return _readers.get(sort, _same)
    if is_amount(field):
        return _amount
    if COLUMNS.get(field) is TIMES:
        return _time
    return _code if field in CODES else _same


def _same(text: str) -> str:
    return text


def _code(text: str) -> str:
    return text.strip().upper()


def _amount(text: str) -> int | str:
    try:
        return from_major(text.strip(), settings.BASE_CURRENCY)
    except AmountInvalid:
        return text


def _text(value: Any, *, is_amount: bool) -> str:
    if isinstance(value, str):
        return value
    if is_amount and type(value) is int and abs(value) <= MAX_MINOR:
        return f"{to_major(value, settings.BASE_CURRENCY):f}"
    return json.dumps(value)


def _number(text: str) -> Any:
    found = _json(text)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else text


def _flag(text: str) -> bool | str:
    return FLAGS.get(text.strip().lower(), text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _time(text: str) -> str:
    """A time without an offset, as a browser's own field gives it, is meant in UTC."""
    bare = text.strip()
    if found := LOCAL_TIME.fullmatch(bare):
        return f"{bare.replace(' ', 'T')}{'' if found[1] else ':00'}Z"
    return bare


_readers: dict[str, Callable[[str], Any]] = {"text": _same, "number": _number, "flag": _flag, "json": _json}
_texts: dict[str, Callable[[Any], str]] = {
    "text": str,
    "number": json.dumps,
    "flag": lambda value: "yes" if value else "no",
    "json": lambda value: json.dumps(value, ensure_ascii=False),
}
