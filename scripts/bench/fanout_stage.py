"""Where campaigns are measured: players, a platform without limits that matter, and campaigns made over the API."""

from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any

import orjson
from django.core.management import call_command
from django.db import connection

from integrations.simulator.remote import Remote
from scripts.bench import fanout_people
from scripts.bench.base import BenchFailed
from scripts.bench.load import Request
from scripts.bench.record import send
from scripts.bench.world import TEMPLATE, World

AT_ONCE = 64
KEPT_FREE = 9
"""Places that a campaign leaves to single calls, of `AT_ONCE` and these."""
SLUG = "campaigns"
WRITTEN = (
    "campaigns_campaign",
    "campaigns_chunk",
    "campaigns_recipient",
    "bonuses_grant",
    "bonuses_granttransition",
    "integrations_outgoingevent",
)


@dataclass(frozen=True)
class Credits:
    grants: int
    credits: int

    def since(self, earlier: "Credits") -> "Credits":
        return Credits(self.grants - earlier.grants, self.credits - earlier.credits)


class Stage:
    def __init__(self, world: World) -> None:
        self.world = world
        self.url = world.stack.env["BENCH_PLATFORM_URL"]
        self.platform = Remote(self.url)
        self._segments: dict[int, str] = {}
        self._add_adapter()

    def _add_adapter(self) -> None:
        env = self.world.stack.env
        call_command(
            "add_adapter",
            slug=SLUG,
            kind="simulator",
            base_url=self.url,
            origin=[fanout_people.ORIGIN],
            token=env["BENCH_PLATFORM_TOKEN"],
            secret=env["BENCH_PLATFORM_SECRET"],
            webhook_secret=env["BENCH_WEBHOOK_SECRET"],
            stdout=StringIO(),
        )
        execute(
            "UPDATE integrations_adapter SET max_requests_per_second = 100000, max_concurrency = %s WHERE slug = %s",
            [AT_ONCE + KEPT_FREE, SLUG],
        )

    def latency(self, milliseconds: float) -> None:
        self.platform.put_faults(latency_ms=milliseconds, latency_jitter=0)

    def credits(self) -> Credits:
        found = self.platform.ledger(limit=0)
        if found["double_credits"]:
            raise BenchFailed(f"{len(found['double_credits'])} grants were credited twice.")
        return Credits(found["grants_credited"], found["credits"])

    def template(self) -> str:
        """A new one: who holds a live grant of the one before gets another all the same."""
        return str(self.post("/v1/bonus-templates", TEMPLATE)["id"])

    def campaign(self, size: int) -> str:
        body = {"name": "Bench", "segment_id": self._segment(size), "template_id": self.template()}
        return str(self.post("/v1/bonus-campaigns", body)["id"])

    def issue(self, campaign_id: str) -> None:
        self.post(f"/v1/bonus-campaigns/{campaign_id}/issue", {})

    def _segment(self, size: int) -> str:
        if size not in self._segments:
            fanout_people.ensure(size)
            body = {"name": f"{size} players", "rules": fanout_people.rules(size)}
            self._segments[size] = str(self.post("/v1/segments", body)["id"])
        return self._segments[size]

    def post(self, path: str, wanted: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, orjson.dumps(wanted))

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path, b"")

    def _ask(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        answer = send(Request(method, path, self.world.headers(), body))
        if answer.status_code >= 300:
            raise BenchFailed(f"{method} {path}: {answer.status_code} {answer.content.decode()[:500]}")
        found: dict[str, Any] = answer.json()["data"]
        return found


def execute(statement: str, parameters: list[Any] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def one(statement: str, parameters: list[Any] | None = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()


def clear(world: World) -> None:
    """Nothing is left of earlier turns but the grant that other benches copy. No worker may be running."""
    execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM bonuses_grant WHERE id = %s", [world.sample_grant])
    execute(f"TRUNCATE {', '.join(WRITTEN)} CASCADE")
    execute("INSERT INTO bonuses_grant SELECT * FROM kept")
    execute("DROP TABLE kept")
    if not world.sizes.is_quick:
        # So that no turn pays for what an earlier one has left to be written.
        execute("CHECKPOINT")


def took(campaign_id: str) -> tuple[datetime | None, datetime | None, str, str]:
    found: tuple[datetime | None, datetime | None, str, str] = one(
        "SELECT issued_at, finished_at, status, status_reason FROM campaigns_campaign WHERE id = %s", [campaign_id]
    )
    return found
