"""Sessions in the database, as Django keeps them, and whom they stand for: one statement a request, by hand.

It is in the way of every request of a browser. Django itself asks four times: for the session, the user, the user's
permissions and those of its groups; and the ORM takes longer to write such a question than the database to answer it.
"""

import hmac
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.db import connection
from django.db.models import BooleanField, DateTimeField
from django.utils import timezone

from bonusdesk.rights import has_own_permissions, rights_of

# In the model's own order, as `from_db` needs them. Times come when somebody asks for them.
FIELDS = [field.attname for field in User._meta.concrete_fields if not isinstance(field, DateTimeField)]
FLAGS = [field.attname for field in User._meta.concrete_fields if isinstance(field, BooleanField)]
PERSON = ", ".join([*(f"auth_user.{field}" for field in FIELDS), "auth_user_groups.group_id"])
FIND_USER = f"""
SELECT EXISTS (SELECT 1 FROM auth_user_user_permissions WHERE user_id = auth_user.id), {PERSON}
FROM auth_user LEFT JOIN auth_user_groups ON auth_user_groups.user_id = auth_user.id
WHERE auth_user.id = %s
"""  # noqa: S608  our own names
FIND_SESSION = f"""
SELECT django_session.session_data, {PERSON}
FROM django_session
LEFT JOIN auth_user ON auth_user.id = %s
LEFT JOIN auth_user_groups ON auth_user_groups.user_id = auth_user.id
WHERE django_session.session_key = %s AND django_session.expire_date > %s
"""  # noqa: S608

MOST = 10_000


@dataclass(frozen=True, slots=True)
class Read:
    """A session as this process last read it: it need not be decoded anew while its text is the same, and tells whose
    row will be wanted with it, most likely."""

    text: str
    data: dict[str, Any]

    @property
    def user_id(self) -> int | None:
        return int(self.data[SESSION_KEY]) if SESSION_KEY in self.data else None


_read: dict[str, Read] = {}


class SessionStore(db.SessionStore):
    guessed: Sequence[tuple[Any, ...]] = ()
    """Rows of `PERSON`: whoever was guessed, as the database has them now."""

    def _validate_session_key(self, key: str | None) -> bool:
        """Cookies may hold anything, and PostgreSQL refuses a NUL: what can't be one of our keys is not looked for."""
        return key is not None and len(key) >= 8 and key.isascii() and key.isalnum()

    def load(self) -> dict[str, Any]:
        key, now = str(self.session_key), connection.ops.adapt_datetimefield_value(timezone.now())
        known = _read.get(key)
        with connection.cursor() as cursor:
            cursor.execute(FIND_SESSION, [known.user_id if known else None, key, now])
            rows = cursor.fetchall()
        if not rows:
            self._session_key = None
            return {}
        self.guessed = [row[1:] for row in rows]
        text: str = rows[0][0]
        if known is None or known.text != text:
            known = Read(text, self.decode(text))
            _remember(key, known)
        return deepcopy(known.data)


class SignedInBackend(ModelBackend):
    """Django's own, but for how it reads the user of a session."""

    def get_user(self, user_id: int) -> User | None:
        with connection.cursor() as cursor:
            cursor.execute(FIND_USER, [user_id])
            rows = cursor.fetchall()
        return _user_of([row[1:] for row in rows], has_own_permissions=lambda _: bool(rows[0][0]))


BACKEND = f"{SignedInBackend.__module__}.{SignedInBackend.__qualname__}"


def person_of(session: Any) -> User | None:
    """Who is signed in, where that is beyond doubt. None leaves it to Django, which knows what to do with the rest."""
    user_id = session.get(SESSION_KEY)  # This reads the session, and the guessed with it.
    if user_id is None or session.get(BACKEND_SESSION_KEY) != BACKEND:
        return None
    person = _user_of(session.guessed, has_own_permissions)
    if person is None or str(person.pk) != user_id:
        return None
    # Sessions end when the password changes.
    is_same = hmac.compare_digest(session.get(HASH_SESSION_KEY, "").encode(), person.get_session_auth_hash().encode())
    return person if is_same else None


def _remember(key: str, read: Read) -> None:
    if len(_read) >= MOST:
        _read.clear()
    _read[key] = read


def _user_of(rows: Sequence[tuple[Any, ...]], has_own_permissions: Callable[[int], bool]) -> User | None:
    """Rows of `PERSON`, one for each group. None for nobody, and for whoever was disabled."""
    if not rows or rows[0][0] is None:
        return None
    user = User.from_db(connection.alias, FIELDS, rows[0][:-1])
    for flag in FLAGS:  # Numbers on SQLite.
        setattr(user, flag, bool(getattr(user, flag)))
    if not user.is_active:
        return None
    if not user.is_superuser and not has_own_permissions(user.pk):
        # Where `ModelBackend` looks before it asks the database.
        rights = rights_of({row[-1] for row in rows if row[-1] is not None})
        user._perm_cache = {name for right in rights for name in right.permissions}  # type: ignore[attr-defined]
    return user
