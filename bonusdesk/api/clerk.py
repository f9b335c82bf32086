"""Who calls, by a Clerk session token: the operator's front end passes it on for the person in front of it.

Checked without a call to Clerk, after its manual (Sessions, Manual JWT verification).
"""

import re
from functools import lru_cache
from time import time
from typing import Any

import jwt
from django.conf import settings
from django.contrib.auth.models import User
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from structlog.contextvars import bind_contextvars

from bonusdesk.api.clerk_users import role_of, user_for
from bonusdesk.api.jwks import ALGORITHM, jwks_of, key_of_pem

MAX_TOKEN = 8 * 1024
"""Characters. Clerk's own are well below, as they must fit into a cookie."""
SUBJECT = re.compile(r"[A-Za-z0-9_.+-]{1,128}", re.ASCII)
"""What a user name may hold, and short enough for one."""
OPTIONS: Any = {"require": ["exp", "iss", "sub"], "verify_aud": False, "verify_iat": False, "verify_jti": False}
"""Session tokens have no audience; `azp` is in its place. When it was issued proves nothing."""

EXPIRED = "The token has expired."

# The first that fits: subclasses before their bases.
TOLD: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, EXPIRED),
    (jwt.ImmatureSignatureError, "The token is not valid yet."),
    (jwt.InvalidIssuerError, "The token comes from another issuer."),
    (jwt.MissingRequiredClaimError, "The token lacks one of exp, iss and sub."),
    (jwt.InvalidSignatureError, "The token's signature is not valid."),
    (jwt.PyJWTError, "The token is not a session token."),
)


class ClerkAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer <session token>`."""

    def authenticate(self, request: Any) -> tuple[User, None] | None:
        scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        claims = verify(token.strip())
        user = user_for(claims["sub"], role_of(claims))
        bind_contextvars(caller=user.get_username())
        return user, None

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


def verify(token: str) -> dict[str, Any]:
    """The claims of a token that can be believed. Raises `AuthenticationFailed`."""
    if not settings.CLERK_ISSUER:
        raise AuthenticationFailed("Bearer tokens are not accepted here.")
    if len(token) > MAX_TOKEN:
        raise AuthenticationFailed("The token is too long.")
    try:
        claims = _decoded(token, _key(_header(token)), settings.CLERK_ISSUER)
    except jwt.PyJWTError as error:
        raise AuthenticationFailed(next(words for kind, words in TOLD if isinstance(error, kind))) from None
    _look_at(claims)
    return claims


# A front end sends the same token for a minute, and reading it costs more than all the rest. Exceptions are not kept,
# and a key that was fetched anew is another key.
_header = lru_cache(maxsize=512)(jwt.get_unverified_header)


@lru_cache(maxsize=512)
def _decoded(token: str, key: jwt.PyJWK, issuer: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=[ALGORITHM], issuer=issuer, options=OPTIONS, leeway=0)
    return claims


def _key(header: dict[str, Any]) -> jwt.PyJWK:
    """Which key the token says it is signed with. Where keys come from is for us to say: `jku`, `jwk` don't count."""
    if header.get("alg") != ALGORITHM:
        raise AuthenticationFailed("The token must be signed with RS256.")
    if header.get("typ", "JWT") != "JWT":
        # Clerk signs access tokens for other parties with the same key.
        raise AuthenticationFailed("The token is not a session token.")
    if settings.CLERK_JWT_KEY:
        return key_of_pem(settings.CLERK_JWT_KEY)
    key = jwks_of(settings.CLERK_JWKS_URL).find(header["kid"]) if "kid" in header else None
    if key is None:
        raise AuthenticationFailed("The token is signed with a key that is not known here.")
    return key


def _look_at(claims: dict[str, Any]) -> None:
    """At what is Clerk's own, and again at what may have changed since the token was first read."""
    if int(claims["exp"]) <= time():
        raise AuthenticationFailed(EXPIRED)
    if not SUBJECT.fullmatch(claims["sub"]):
        raise AuthenticationFailed("The token's subject can't be a user.")
    parties = settings.CLERK_AUTHORIZED_PARTIES
    if "azp" in claims and parties and claims["azp"] not in parties:
        raise AuthenticationFailed("The token was made for another site.")
    if claims.get("sts") == "pending":
        raise AuthenticationFailed("The sign-in behind the token is not complete.")
