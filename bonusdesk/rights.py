"""What each group may, as this process has read it, so that no request has to ask."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from django.contrib.auth.models import Group, User

MAX_AGE = 10.0
"""Seconds after which a change of what is kept here counts at the latest. Who is in which group counts at once."""


@dataclass(frozen=True, slots=True)
class Rights:
    group: str
    permissions: frozenset[str]


class _Known:
    rights: ClassVar[dict[int, Rights]] = {}
    """By the group's id."""
    with_own: ClassVar[frozenset[int]] = frozenset()
    read_at: ClassVar[float | None] = None


def rights_of(groups: AbstractSet[int]) -> list[Rights]:
    _refresh()
    if not groups <= _Known.rights.keys():
        _read()
    return [_Known.rights[group] for group in groups if group in _Known.rights]


def has_own_permissions(user_id: int) -> bool:
    """Besides those of its groups. Whoever had some is found to have them, so that taking them away counts at once."""
    _refresh()
    return user_id in _Known.with_own


def forget() -> None:
    """As in a process that has just started."""
    _Known.read_at = None


def _refresh() -> None:
    if _Known.read_at is None or monotonic() - _Known.read_at >= MAX_AGE:
        _read()


def _read() -> None:
    began = monotonic()
    found: dict[int, tuple[str, set[str]]] = {}
    columns = ("pk", "name", "permissions__content_type__app_label", "permissions__codename")
    for pk, name, app, codename in Group.objects.values_list(*columns):
        found.setdefault(pk, (name, set()))[1].add(f"{app}.{codename}")
    _Known.rights = {pk: Rights(name, frozenset(permissions)) for pk, (name, permissions) in found.items()}
    own = User.user_permissions.through.objects.values_list("user_id", flat=True)
    _Known.with_own = frozenset(own.distinct())
    _Known.read_at = began
