"""Checks by name, in order: who acts passes them all or is refused by the first, who explains shows them one by one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from integrations.errors import DomainError

Case_contra = TypeVar("Case_contra", contravariant=True)
Part = TypeVar("Part")
Whole = TypeVar("Whole")


@dataclass(frozen=True, slots=True)
class Check(Generic[Case_contra]):
    """`look` raises a `DomainError` when it refuses; what it finds out it keeps in the case, for those after it."""

    name: str
    look: Callable[[Case_contra], None]


class Outcome(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"
    NOTED = "noted"
    """Nothing for or against: how things stand."""
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    outcome: Outcome
    code: str = ""
    """Of a refusal."""
    words: str = ""
    numbers: str = ""
    """What was compared."""


Numbers = Mapping[str, Callable[[Case_contra], str]]
"""By the check's name; asked when it has passed, or refused by what it had found out."""


def pass_all(checks: Iterable[Check[Case_contra]], case: Case_contra) -> None:
    for check in checks:
        check.look(case)


def of_part(checks: Iterable[Check[Part]], part: Callable[[Whole], Part]) -> "tuple[Check[Whole], ...]":
    """The same checks, of something that a larger case holds."""
    return tuple(_of_part(check, part) for check in checks)


def numbers_of_part(numbers: "Numbers[Part]", part: Callable[[Whole], Part]) -> "dict[str, Callable[[Whole], str]]":
    return {name: _tell_of_part(tell, part) for name, tell in numbers.items()}


def _tell_of_part(tell: Callable[[Part], str], part: Callable[[Whole], Part]) -> Callable[[Whole], str]:
    return lambda whole: tell(part(whole))


def _of_part(check: Check[Part], part: Callable[[Whole], Part]) -> Check[Whole]:
    return Check(check.name, lambda whole: check.look(part(whole)))


def look_at_each(
    checks: Sequence[Check[Case_contra]],
    case: Case_contra,
    *,
    passed: Numbers[Case_contra],
    refused: Numbers[Case_contra],
    code_of: Callable[[DomainError], str] = lambda error: error.code,
) -> list[Finding]:
    """All of them, up to the first refusal by looking, and the rest as not reached."""
    findings: list[Finding] = []
    for place, check in enumerate(checks):
        try:
            check.look(case)
        except DomainError as error:
            told = _told(refused, check, case)
            findings.append(Finding(check.name, Outcome.REFUSED, code_of(error), error.message, told))
            return findings + not_reached(checks[place + 1 :])
        findings.append(Finding(check.name, Outcome.PASSED, numbers=_told(passed, check, case)))
    return findings


def not_reached(checks: Iterable[Check[Case_contra]]) -> list[Finding]:
    return [Finding(check.name, Outcome.NOT_REACHED) for check in checks]


def first_refusal(findings: Iterable[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.outcome is Outcome.REFUSED), None)


def _told(numbers: Numbers[Case_contra], check: Check[Case_contra], case: Case_contra) -> str:
    tell = numbers.get(check.name)
    return tell(case) if tell else ""
