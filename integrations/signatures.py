"""Signatures of requests, ours and those of platforms: X-UCRM headers or Standard Webhooks (standardwebhooks.com)."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

WINDOW_SECONDS = 300
TIMESTAMP_HEADER = "X-UCRM-Timestamp"
SIGNATURE_HEADER = "X-UCRM-Signature"

_UNIX_SECONDS = re.compile(r"[0-9]{1,12}")


class BadSignature(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The hex HMAC-SHA256 of `<timestamp>.<body>`."""
    return _digest(secret.encode(), f"{timestamp}.", body).hex()


def verify(*, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raise `BadSignature` unless one of `secrets` has signed these raw bytes within five minutes of `now`."""
    given = {name.lower(): value for name, value in headers.items()}
    usable = [secret for secret in secrets if secret]
    if SIGNATURE_HEADER.lower() in given:
        _verify_ucrm(usable, given, body, now)
    elif "webhook-signature" in given:
        _verify_standard(usable, given, body, now)
    else:
        raise BadSignature("There is no signature.")


def _verify_ucrm(secrets: Sequence[str], given: Mapping[str, str], body: bytes, now: datetime) -> None:
    timestamp = _fresh(given.get(TIMESTAMP_HEADER.lower(), ""), now)
    expected = [_digest(secret.encode(), f"{timestamp}.", body).hex().encode() for secret in secrets]
    _require_match(expected, [given[SIGNATURE_HEADER.lower()].strip().lower()])


def _verify_standard(secrets: Sequence[str], given: Mapping[str, str], body: bytes, now: datetime) -> None:
    timestamp = _fresh(given.get("webhook-timestamp", ""), now)
    message_id = given.get("webhook-id", "")
    if not message_id:
        raise BadSignature("The webhook-id is missing.")
    keys = [key for secret in secrets for key in _standard_keys(secret)]
    expected = [base64.b64encode(_digest(key, f"{message_id}.{timestamp}.", body)) for key in keys]
    versioned = (item.partition(",") for item in given["webhook-signature"].split())
    _require_match(expected, [signature for version, _, signature in versioned if version == "v1"])


def _standard_keys(secret: str) -> list[bytes]:
    """The standard's secrets are base64, `whsec_` in front of it or not; a plain text secret is its own key."""
    prefixed = secret.startswith("whsec_")
    try:
        decoded = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    return [key for key in (decoded, b"" if prefixed else secret.encode()) if key]


def _fresh(timestamp: str, now: datetime) -> str:
    if not _UNIX_SECONDS.fullmatch(timestamp):
        raise BadSignature("The timestamp is missing or unreadable.")
    if abs(now.timestamp() - int(timestamp)) > WINDOW_SECONDS:
        raise BadSignature("The timestamp is more than five minutes away.")
    return timestamp


def _require_match(expected: Iterable[bytes], given: Sequence[str]) -> None:
    """Compares each with each, so that the time taken tells nothing."""
    matches = [
        hmac.compare_digest(good, candidate.encode(errors="replace")) for good in expected for candidate in given
    ]
    if not any(matches):
        raise BadSignature("The signature does not fit.")


def _digest(key: bytes, prefix: str, body: bytes) -> bytes:
    return hmac.digest(key, prefix.encode() + body, "sha256")
