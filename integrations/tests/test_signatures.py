from datetime import UTC, datetime, timedelta

import pytest

from integrations.signatures import BadSignature, sign, verify

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
BODY = b'{"event": "bonus.credited"}'

# The example of the Standard Webhooks libraries' own tests.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_NOW = datetime.fromtimestamp(1614265330, UTC)
STANDARD_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
STANDARD_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": STANDARD_SIGNATURE,
}


def ucrm(secret: str = "secret", stamp: int = STAMP, body: bytes = BODY) -> dict[str, str]:
    return {"X-UCRM-Timestamp": str(stamp), "X-UCRM-Signature": sign(secret, stamp, body)}


def reason(*, secrets: list[str], headers: dict[str, str], body: bytes = BODY, now: datetime = NOW) -> str:
    with pytest.raises(BadSignature) as caught:
        verify(secrets=secrets, headers=headers, body=body, now=now)
    return caught.value.reason


def test_signature_is_the_hex_hmac_of_timestamp_dot_body() -> None:
    # echo -n '1714564800.hello' | openssl dgst -sha256 -hmac key
    assert sign("key", 1714564800, b"hello") == "00d7f7736b2be47bfb0612913ee42c9735745db6f2a5a008c1f4b4dc8efb3524"


def test_good_signature_passes_whatever_the_case_of_the_headers() -> None:
    verify(secrets=["secret"], headers=ucrm(), body=BODY, now=NOW)
    verify(secrets=["secret"], headers={k.lower(): v.upper() for k, v in ucrm().items()}, body=BODY, now=NOW)


def test_either_of_two_secrets_passes_and_a_third_does_not() -> None:
    for secret in ("new", "old"):
        verify(secrets=["new", "old"], headers=ucrm(secret), body=BODY, now=NOW)
    assert reason(secrets=["new", "old"], headers=ucrm("other")) == "The signature does not fit."


def test_changed_body_or_timestamp_is_refused() -> None:
    assert reason(secrets=["secret"], headers=ucrm(), body=BODY + b" ") == "The signature does not fit."
    moved = {**ucrm(), "X-UCRM-Timestamp": str(STAMP + 1)}
    assert reason(secrets=["secret"], headers=moved) == "The signature does not fit."


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_either_way_are_allowed(seconds: int) -> None:
    verify(secrets=["secret"], headers=ucrm(), body=BODY, now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_more_than_five_minutes_are_not(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert reason(secrets=["secret"], headers=ucrm(), now=now) == "The timestamp is more than five minutes away."


@pytest.mark.parametrize(
    "stamp", ["", "soon", "-1714564800", "1714564800.0", " 1714564800", "１７１４５６４８００", "9" * 400]
)
def test_unreadable_timestamp_is_refused(stamp: str) -> None:
    headers = {**ucrm(), "X-UCRM-Timestamp": stamp}
    assert reason(secrets=["secret"], headers=headers) == "The timestamp is missing or unreadable."


@pytest.mark.parametrize("signature", ["", "é", "0" * 64, "\udcff"])
def test_senseless_signature_is_refused(signature: str) -> None:
    headers = {**ucrm(), "X-UCRM-Signature": signature}
    assert reason(secrets=["secret"], headers=headers) == "The signature does not fit."


def test_without_a_signature_or_a_secret_nothing_passes() -> None:
    assert reason(secrets=["secret"], headers={}) == "There is no signature."
    assert reason(secrets=[], headers=ucrm()) == "The signature does not fit."
    assert reason(secrets=[""], headers=ucrm("")) == "The signature does not fit."
    assert reason(secrets=["whsec_"], headers=STANDARD_HEADERS, now=STANDARD_NOW) == "The signature does not fit."


def test_standard_webhooks_example_passes() -> None:
    verify(secrets=[STANDARD_SECRET], headers=STANDARD_HEADERS, body=STANDARD_BODY, now=STANDARD_NOW)
    bare = STANDARD_SECRET.removeprefix("whsec_")
    verify(secrets=["other", bare], headers=STANDARD_HEADERS, body=STANDARD_BODY, now=STANDARD_NOW)


def test_standard_webhooks_with_a_plain_text_secret() -> None:
    headers = {**STANDARD_HEADERS, "webhook-signature": "v1,X3H/CoPSJfwMKsG5/FH2j9+cfW+n7jaBGeB1KmHYM7I="}
    verify(secrets=["not base64!"], headers=headers, body=STANDARD_BODY, now=STANDARD_NOW)


def test_one_of_several_standard_signatures_is_enough() -> None:
    several = f"v1,{'A' * 43}= v1a,{STANDARD_SIGNATURE[3:]} {STANDARD_SIGNATURE}"
    headers = {**STANDARD_HEADERS, "webhook-signature": several}
    verify(secrets=[STANDARD_SECRET], headers=headers, body=STANDARD_BODY, now=STANDARD_NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_other"},
        {"webhook-signature": STANDARD_SIGNATURE.removeprefix("v1,")},
        {"webhook-signature": STANDARD_SIGNATURE.replace("v1,", "v2,")},
        {"webhook-signature": ""},
    ],
)
def test_standard_signature_that_does_not_fit_is_refused(change: dict[str, str]) -> None:
    headers = {**STANDARD_HEADERS, **change}
    found = reason(secrets=[STANDARD_SECRET], headers=headers, body=STANDARD_BODY, now=STANDARD_NOW)
    assert found == "The signature does not fit."


def test_standard_signature_without_an_id_is_refused() -> None:
    headers = {**STANDARD_HEADERS, "webhook-id": ""}
    found = reason(secrets=[STANDARD_SECRET], headers=headers, body=STANDARD_BODY, now=STANDARD_NOW)
    assert found == "The webhook-id is missing."


def test_standard_window_is_the_same() -> None:
    now = STANDARD_NOW + timedelta(seconds=301)
    found = reason(secrets=[STANDARD_SECRET], headers=STANDARD_HEADERS, body=STANDARD_BODY, now=now)
    assert found == "The timestamp is more than five minutes away."
