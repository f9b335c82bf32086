"""Do the settings of the sign-in by Clerk make sense? One line for each fault, for `bonusdesk.checks`."""

import re
from collections.abc import Iterator

from django.conf import settings

from bonusdesk.api.jwks import jwks_url_fault, key_of_pem
from bonusdesk.groups import RANKS

ORIGIN = re.compile(r"https?://[^/?#@\s]+")
"""As browsers send it: without a path, not even a slash."""


def clerk_faults() -> Iterator[str]:
    has_key = bool(settings.CLERK_JWT_KEY or settings.CLERK_JWKS_URL)
    if settings.CLERK_ISSUER and not has_key:
        yield "CLERK_JWKS_URL or CLERK_JWT_KEY must be set: CLERK_ISSUER is."
    if has_key and not settings.CLERK_ISSUER:
        yield "CLERK_ISSUER must be set: CLERK_JWKS_URL or CLERK_JWT_KEY is."
    if settings.CLERK_JWT_KEY and not _is_key(settings.CLERK_JWT_KEY):
        yield "CLERK_JWT_KEY is not the PEM of an RSA public key of 2048 bits or more."
    if settings.CLERK_JWKS_URL and (fault := jwks_url_fault(settings.CLERK_JWKS_URL)):
        yield f"CLERK_JWKS_URL {fault}"
    yield from _party_faults()
    yield from _role_faults()


def clerk_warnings() -> Iterator[str]:
    if settings.CLERK_ISSUER and not settings.CLERK_AUTHORIZED_PARTIES:
        yield "CLERK_AUTHORIZED_PARTIES is not set: tokens made for any site of the Clerk instance are accepted."


def _party_faults() -> Iterator[str]:
    for party in settings.CLERK_AUTHORIZED_PARTIES:
        if not ORIGIN.fullmatch(party):
            yield f"CLERK_AUTHORIZED_PARTIES: {party} is not an origin, such as https://desk.example.com."


def _role_faults() -> Iterator[str]:
    if settings.CLERK_ROLE_GROUPS and not settings.CLERK_ROLE_CLAIM:
        yield "CLERK_ROLE_CLAIM must be set: CLERK_ROLE_GROUPS is."
    for value, group in settings.CLERK_ROLE_GROUPS.items():
        if group not in RANKS:
            yield f"CLERK_ROLE_GROUPS: {value} must be followed by = and one of {', '.join(RANKS)}."


def _is_key(pem: str) -> bool:
    try:
        key_of_pem(pem)
    except ValueError:
        return False
    return True
