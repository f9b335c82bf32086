"""The same requests answered with the same SQL and the same call, checked and parsed, and with nothing around it."""

import hmac
import pickle
import time
from contextlib import nullcontext
from functools import cache
from typing import Any

import orjson
import urllib3
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from scripts.bench.bare import settings
from scripts.bench.tape import MARK, Call, Tape, Transaction, number_of

platform = urllib3.PoolManager(maxsize=64, retries=False)


@cache
def tape(name: str) -> Tape:
    loaded: Tape = pickle.loads((settings.TAPES / name).read_bytes())  # noqa: S301  the bench has just written it
    return loaded


def grants(request: HttpRequest) -> HttpResponse:
    if not hmac.compare_digest(request.headers["X-Internal-Secret"].encode(), settings.INTERNAL_SECRET):
        return HttpResponse(status=401)
    asked = orjson.loads(request.body)
    rows = play(tape("grants"), number_of(asked["player_id"]))
    return HttpResponse(orjson.dumps(rows, default=str), status=201, content_type="application/json")


def page() -> HttpResponse:
    return HttpResponse(orjson.dumps(play(tape("page"), ""), default=str), content_type="application/json")


def webhooks(request: HttpRequest, slug: str) -> HttpResponse:
    timestamp, body = request.headers["X-UCRM-Timestamp"], request.body
    good = hmac.digest(settings.WEBHOOK_SECRET, f"{timestamp}.".encode() + body, "sha256").hex()
    if abs(time.time() - int(timestamp)) > 300 or not hmac.compare_digest(good, request.headers["X-UCRM-Signature"]):
        return HttpResponse(status=401)
    play(tape("webhooks"), number_of(orjson.loads(body)["grant_id"]))
    return HttpResponse(orjson.dumps({"received": True}), content_type="application/json")


def play(recorded: Tape, number: str) -> Any:
    """The rows of the last statement."""
    rows: Any = None
    for part in recorded.parts:
        if isinstance(part, Call):
            call(part, number)
        else:
            rows = carry_out(part, number)
    return rows


def carry_out(part: Transaction, number: str) -> Any:
    rows: Any = None
    with transaction.atomic() if part.is_atomic else nullcontext(), connection.cursor() as cursor:
        for statement in part.statements:
            cursor.execute(statement.sql, statement.params_for(number))
            rows = cursor.fetchall() if cursor.description else None
    return rows


def call(part: Call, number: str) -> None:
    key, body = part.key.replace(MARK, number), part.body.replace(MARK, number).encode()
    now = int(time.time())
    signature = hmac.digest(settings.PLATFORM_SECRET, f"{now}.".encode() + body, "sha256").hex()
    headers = {
        "Authorization": f"Bearer {settings.PLATFORM_TOKEN}",
        "X-UCRM-Timestamp": str(now),
        "X-UCRM-Signature": signature,
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }
    answer = platform.request("POST", settings.PLATFORM_URL + part.path, body=body, headers=headers)
    if answer.status != 201 or not orjson.loads(answer.data)["platform_bonus_id"]:
        raise RuntimeError(f"The platform answered {answer.status}.")
