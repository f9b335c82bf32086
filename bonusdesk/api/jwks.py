"""The public keys that Clerk's tokens are checked with: from a JWKS URL, kept in this process, or from one PEM."""

import ipaddress
import json
import os
import threading
from functools import lru_cache
from time import monotonic
from typing import Any, TypeGuard
from urllib.parse import urlsplit

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from jwt import PyJWK, PyJWTError
from jwt.algorithms import RSAAlgorithm

from integrations import http
from integrations.addresses import url_fault

log = structlog.get_logger(__name__)

ALGORITHM = "RS256"
MIN_KEY_BITS = 2048
MAX_AGE = 3600.0
"""Seconds until keys are fetched again although nobody sent an unknown one: so long may a withdrawn key live on."""
MIN_PAUSE = 30.0
"""Seconds between two tries, whatever callers send."""
TOTAL_TIMEOUT = 3.0


class JwksUnusable(Exception):
    """Why no keys could be had, in words that may be logged."""


class Jwks:
    """The keys of one URL. Any number of threads may ask: one fetches, those that need its result wait for it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = threading.Lock()

    def find(self, kid: str) -> PyJWK | None:
        """None when there is no such key, as far as can be known at the moment."""
        if kid not in self._keys:
            self._refresh(wait=TOTAL_TIMEOUT)
        elif self._fetched_at is None or monotonic() - self._fetched_at >= MAX_AGE:
            # What we have will do for those who find another thread at it.
            self._refresh(wait=0)
        return self._keys.get(kid)

    def _refresh(self, *, wait: float) -> None:
        if not self._fetching.acquire(timeout=wait):
            return
        try:
            if self._tried_at is None or monotonic() - self._tried_at >= MIN_PAUSE:
                self._tried_at = monotonic()
                self._keys = fetch(self._url)
                self._fetched_at = monotonic()
        except JwksUnusable as trouble:
            log.error("jwks_not_fetched", reason=str(trouble), keys_kept=len(self._keys))  # noqa: TRY400
        finally:
            self._fetching.release()


_known: dict[str, Jwks] = {}
# A forked child must not wait for a lock that a thread of its parent's held.
os.register_at_fork(after_in_child=_known.clear)


def jwks_of(url: str) -> Jwks:
    return _known.get(url) or _known.setdefault(url, Jwks(url))


def forget_all() -> None:
    """As in a process that has just started."""
    _known.clear()


def fetch(url: str) -> dict[str, PyJWK]:
    """By key id. Raises `JwksUnusable`, also when there is no key among them that we could use."""
    if fault := jwks_url_fault(url):
        raise JwksUnusable(f"CLERK_JWKS_URL {fault}")
    try:
        response = http.send(
            "GET",
            url,
            headers={"Accept": "application/json"},
            body=b"",
            connect_timeout=TOTAL_TIMEOUT,
            read_timeout=TOTAL_TIMEOUT,
            total_timeout=TOTAL_TIMEOUT,
        )
    except http.HttpTrouble as trouble:
        raise JwksUnusable(trouble.message) from None
    if response.status != 200:
        raise JwksUnusable(f"answered {response.status}")
    return _read(response.body)


def _read(body: bytes) -> dict[str, PyJWK]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise JwksUnusable("the answer is not JSON") from None
    entries = found.get("keys") if isinstance(found, dict) else None
    keys = {entry["kid"]: key for entry in entries if (key := _key(entry))} if isinstance(entries, list) else {}
    if not keys:
        raise JwksUnusable("the answer holds no RSA key for signatures")
    return keys


def _key(entry: Any) -> PyJWK | None:
    """None for what is not a public RSA key to check RS256 signatures with: there may be others beside ours."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("kty") != "RSA":
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", ALGORITHM) != ALGORITHM:
        return None
    try:
        key = PyJWK(entry, ALGORITHM)
    except PyJWTError:
        return None
    return key if _is_usable(key.key) else None


@lru_cache(maxsize=4)
def key_of_pem(pem: str) -> PyJWK:
    """Raises `ValueError` when it is anything but an RSA public key of a sound length."""
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("not a kind of key that is known") from error
    if not _is_usable(key):
        raise ValueError("not an RSA public key of 2048 bits or more")
    return PyJWK(RSAAlgorithm.to_jwk(key, as_dict=True), ALGORITHM)


def _is_usable(key: Any) -> TypeGuard[RSAPublicKey]:
    return isinstance(key, RSAPublicKey) and key.key_size >= MIN_KEY_BITS


def jwks_url_fault(url: str) -> str | None:
    """Why keys can't be fetched there, to follow the setting's name. Who can change them on the way can be anyone."""
    if fault := url_fault(url):
        return fault
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or settings.DEBUG or _is_loopback(parts.hostname or "")
    return None if is_safe else "must begin with https:// outside of DEBUG."


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
