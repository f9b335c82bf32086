"""Credentials of each kind of caller, good for as long as a run takes; people are operators."""

import time
from functools import cache
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

from bonusdesk.tests.clerk_server import ISSUER, PARTY, public_pem, token

KEY = "bench"
OPERATOR = "operator"
HOUR = 3600


def clerk_environment() -> dict[str, str]:
    return {
        "CLERK_ISSUER": ISSUER,
        "CLERK_JWT_KEY": public_pem(KEY),
        "CLERK_AUTHORIZED_PARTIES": PARTY,
        "CLERK_ROLE_CLAIM": "role",
    }


def by_token(person: int, serial: int = 0) -> dict[str, str]:
    """`serial` tells tokens of the same person apart."""
    until = int(time.time()) + HOUR
    signed = token(KEY, sub=f"user_bench{person}", exp=until, sid=f"sess_{serial}", role=OPERATOR)
    return {"Authorization": f"Bearer {signed}"}


@cache
def by_session(person: int) -> dict[str, str]:
    """As after a log-in, whose slow hash of the password is left out."""
    user = get_user_model().objects.create(username=f"bench{person}", password="never compared")
    user.groups.add(apps.get_model("auth", "Group").objects.get(name=OPERATOR))
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}
