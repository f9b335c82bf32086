"""The platform's own signing and verifying.

Written apart from `integrations.signatures` on purpose: the two sides of the wire would otherwise share a mistake.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Literal

WINDOW_SECONDS = 300


def ucrm_signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def standard_signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Standard Webhooks: a `whsec_` secret carries its key in base64, any other is the key itself."""
    prefix, _, encoded = secret.partition("_")
    key = base64.b64decode(encoded) if prefix == "whsec" else secret.encode()
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def refusal(headers: Mapping[str, str], body: bytes, *, token: str, secret: str, now: float) -> str | None:
    """Why a call is not let in; None when it is genuine."""
    if not hmac.compare_digest(headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        return "The bearer token is missing or wrong."
    timestamp = headers.get("X-UCRM-Timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > WINDOW_SECONDS:
        return "X-UCRM-Timestamp is missing, unreadable or more than five minutes away."
    given = headers.get("X-UCRM-Signature", "")
    if not hmac.compare_digest(given.encode(), ucrm_signature(secret, timestamp, body).encode()):
        return "X-UCRM-Signature does not fit the body."
    return None


def webhook_headers(
    scheme: Literal["ucrm", "standard"], *, secret: str, event_id: str, body: bytes, now: float
) -> dict[str, str]:
    timestamp = str(int(now))
    if scheme == "standard":
        return {
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": standard_signature(secret, event_id, timestamp, body),
        }
    return {"X-UCRM-Timestamp": timestamp, "X-UCRM-Signature": ucrm_signature(secret, timestamp, body)}
