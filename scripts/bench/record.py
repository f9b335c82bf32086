"""Records what one request of the product does, by making it here, in this process, with the platform's part played."""

import pickle
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.http import Response
from scripts.bench.base import BenchFailed
from scripts.bench.load import Request
from scripts.bench.tape import Call, Numbering, Statement, Tape, grouped

CREDITED = orjson.dumps({"platform_bonus_id": "pb-recorded", "status": "credited"})


class Recorder:
    def __init__(self, fixed: Collection[UUID]) -> None:
        self._numbering = Numbering(fixed)
        # By the number of entries that Django's log of queries had before: a statement's own comes when it is done.
        self._params: dict[int, Any] = {}
        self._calls: dict[int, Call] = {}

    def record(self, request: Request, *, expected: int) -> Tape:
        with (
            CaptureQueriesContext(connection),
            connection.execute_wrapper(self._execute),
            mock.patch("integrations.http.send", self._send),
        ):
            connection.queries_log.clear()
            answer = send(request)
            log = [str(entry["sql"]) for entry in connection.queries_log]
        if answer.status_code != expected:
            raise BenchFailed(f"{request.path} answered {answer.status_code}: {answer.content.decode()[:500]}")
        return grouped(list(self._steps(log)))

    def _execute(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        values = None if params is None else tuple(self._numbering.param(value) for value in params)
        self._params[len(connection.queries_log)] = sql, values
        return execute(sql, params, many, context)

    def _send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, **_: Any) -> Response:
        key, text = (self._numbering.text(said) for said in (headers["Idempotency-Key"], body.decode()))
        self._calls[len(connection.queries_log)] = Call(urlsplit(url).path, key, text)
        return Response(201, {}, CREDITED)

    def _steps(self, log: list[str]) -> Iterator[Statement | Call]:
        for position, logged in enumerate(log):
            if position in self._calls:
                yield self._calls[position]
            # BEGIN and COMMIT pass by the wrapper; the log has them.
            sql, params = self._params.get(position, (logged, None))
            yield Statement(sql, params, self._numbering.text(logged))


def send(request: Request) -> Any:
    headers: Mapping[str, str] = request.headers
    client = Client(headers=dict(headers))
    return client.generic(request.method, request.path, request.body, content_type="application/json")


def statements_of(request: Request) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        send(request)
    return [str(entry["sql"]) for entry in captured]


def save(tape: Tape, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(tape))
