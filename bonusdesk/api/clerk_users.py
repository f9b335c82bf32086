"""The Django users behind Clerk's: made on first sight, in the groups that the token names or the admin gave.

What they may comes from their groups alone. One statement a request reads the user; what a group may is read rarely.
"""

from dataclasses import dataclass
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.hashers import is_password_usable, make_password
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from rest_framework.exceptions import AuthenticationFailed

from bonusdesk.groups import RANKS
from bonusdesk.rights import Rights, rights_of

SUFFIX = "@clerk"
REMOVED = "The user was removed."

# By hand, as it is in the way of every request: the ORM takes longer to write it than the database to answer, and with
# the permissions joined to it, planning takes longer still.
FIND = """
SELECT auth_user.id, auth_user.password, auth_user.is_active, auth_user_groups.group_id
FROM auth_user LEFT JOIN auth_user_groups ON auth_user_groups.user_id = auth_user.id
WHERE auth_user.username = %s
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A user as the database has it."""

    pk: int
    password: str
    is_active: bool
    rights: list[Rights]

    @classmethod
    def load(cls, username: str) -> Self | None:
        with connection.cursor() as cursor:
            cursor.execute(FIND, [username])
            rows = cursor.fetchall()
        if not rows:
            return None
        pk, password, is_active, _ = rows[0]
        return cls(pk, password, bool(is_active), rights_of({row[3] for row in rows if row[3] is not None}))

    @property
    def ranks(self) -> set[str]:
        return {right.group for right in self.rights} & set(RANKS)

    @property
    def permissions(self) -> set[str]:
        return {permission for right in self.rights for permission in right.permissions}


def role_of(claims: dict[str, Any]) -> str | None:
    """The group that the token names; None when it names none of ours, or when tokens don't name any.

    Where values are mapped, no other value counts: at Clerk it may be free to choose.
    """
    value: Any = claims
    for name in settings.CLERK_ROLE_CLAIM.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        return None
    mapped = settings.CLERK_ROLE_GROUPS
    group = mapped.get(value) if mapped else value.removeprefix("org:")
    return group if group in RANKS else None


def user_for(subject: str, role: str | None) -> User:
    """Raises `AuthenticationFailed` for a user that was disabled, and for one who signs in with a password."""
    username = subject + SUFFIX
    known = Known.load(username) or _made(username)
    if is_password_usable(known.password):
        raise AuthenticationFailed("The user of this name signs in with a password.")
    if not known.is_active:
        raise AuthenticationFailed("The user is disabled.")
    if settings.CLERK_ROLE_CLAIM and known.ranks != _wanted(role):
        known = _regrouped(username, _wanted(role))
    return _as_user(known, username)


def _wanted(role: str | None) -> set[str]:
    return {role} if role else set()


def _made(username: str) -> Known:
    # Another request may be making it at this moment: then it is that one.
    User.objects.get_or_create(username=username, defaults={"password": make_password(None)})
    return _loaded(username)


def _regrouped(username: str, wanted: set[str]) -> Known:
    """Under a lock, so that a request with an older token can't lend its groups to this one."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(username=username).first()
        if user is None:
            raise AuthenticationFailed(REMOVED)
        user.groups.remove(*Group.objects.filter(name__in=set(RANKS) - wanted))
        user.groups.add(*Group.objects.filter(name__in=wanted))
        return _loaded(username)


def _loaded(username: str) -> Known:
    known = Known.load(username)
    if known is None:
        raise AuthenticationFailed(REMOVED)
    return known


def _as_user(known: Known, username: str) -> User:
    """Not to be saved: neither its rights of its own nor those of a superuser are taken along."""
    user = User(pk=known.pk, username=username, password=known.password)
    # Where `ModelBackend` looks before it asks the database.
    user._perm_cache = known.permissions  # type: ignore[attr-defined]
    return user
