"""A life with campaigns in it: made and told what to do over the API, and looked at all the while."""

import os
import signal
import sys
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import redis
import urllib3

from scripts.faults.arming import FREEZE
from scripts.faults.base import Violated
from scripts.faults.campaign_eyes import Eyes
from scripts.faults.child import Child
from scripts.faults.life import PAST, Life
from scripts.faults.waiting import wait_for
from scripts.faults.world import World

SINKS = ("file",)
"""What the others do with events is for runs of their own."""
PATIENCE_SECONDS = 600.0
BUDGET = 1_000_000_000
"""More than is needed: what is used of it is counted."""
BLOCKED_EACH, REFUSED_EACH = 20, 30
"""One player in so many may not get anything; one in so many the platform does not want."""
TEMPLATE = "short"
LEFT = """
SELECT (SELECT coalesce(sum(pending), 0) FROM campaigns_chunk), count(*) FROM campaigns_campaign
WHERE status NOT IN ('draft', 'scheduled') AND finished_at IS NULL
"""


class Api:
    """Asks once; what it answers is the caller's to judge."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url + "/v1"
        self._headers = {"X-Internal-Secret": secret}
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=120), maxsize=4)

    def get(self, path: str) -> dict[str, Any]:
        return self.told(self._http.request("GET", self._url + path, headers=self._headers), path)

    def try_post(self, path: str, body: dict[str, Any] | None = None) -> urllib3.BaseHTTPResponse:
        headers = {**self._headers, "Idempotency-Key": str(uuid.uuid4())}
        return self._http.request("POST", self._url + path, json=body or {}, headers=headers)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.told(self.try_post(path, body), path)

    def told(self, answer: urllib3.BaseHTTPResponse, path: str) -> dict[str, Any]:
        if answer.status >= 300:
            raise Violated(f"{path}: {answer.status} {answer.data[:300].decode(errors='replace')}")
        data: dict[str, Any] = answer.json()["data"]
        return data


class CampaignLife(Life):
    """Whose bonuses are credited and then left alone, unless it is told otherwise."""

    def __init__(
        self,
        world: World,
        *,
        pool: int = 2,
        calls_per_second: int = 400,
        lives: bool = False,
        sinks: Sequence[str] = SINKS,
    ) -> None:
        super().__init__(world, pool=pool, sinks=sinks)
        world.sql("UPDATE integrations_adapter SET max_requests_per_second = %s", calls_per_second)
        self.platform.change_settings(lives=lives)
        self.api = Api(world.web_url, world.secret)
        self.audiences: dict[str, set[str]] = {}
        """The players that each campaign is for."""
        self.blocked = 0
        """How many of them may not get anything."""
        self.refused: dict[str, Any] = {}
        """Those that the platform does not want."""
        self._faults: dict[str, Any] = {}
        self._segments = 0
        self.eyes = Eyes(world.database_url, self.api, self.audiences)
        self.eyes.start()
        wait_for("a worker that takes tasks", self._is_taking_tasks, seconds=PATIENCE_SECONDS)

    def close(self) -> None:
        try:
            self.eyes.stop()
        finally:
            super().close()

    # What is asked for.

    def segment(self, count: int) -> tuple[str, set[str]]:
        """Its id, and its players, all of them new; some are not to get anything."""
        self._segments += 1
        country = "A" + chr(ord("A") + self._segments - 1)
        players = self.players(count)
        sql = self.world.sql
        sql("UPDATE bonuses_player SET country = %s WHERE id = ANY(%s::uuid[])", country, players)
        sql("UPDATE bonuses_player SET status = 'banned' WHERE id = ANY(%s::uuid[])", players[::BLOCKED_EACH])
        self.blocked += len(players[::BLOCKED_EACH])
        self._refuse(players[1::REFUSED_EACH])
        rules = {"field": "country", "op": "eq", "value": country}
        return self.api.post("/segments", {"name": country, "rules": rules})["id"], set(players)

    def campaign(self, segment: tuple[str, set[str]], *, template: str = TEMPLATE) -> str:
        segment_id, players = segment
        body = {"segment_id": segment_id, "template_id": self.templates[template], "budget_amount": BUDGET}
        id_ = str(self.api.post("/bonus-campaigns", {"name": f"for {len(players)}", **body})["id"])
        self.audiences[id_] = players
        return id_

    def issue_to(self, count: int) -> str:
        """A new campaign for so many new players begins."""
        campaign = self.campaign(self.segment(count))
        self.tell(campaign, "issue")
        return campaign

    def tell(self, campaign: str, what: str) -> None:
        self.api.post(f"/bonus-campaigns/{campaign}/{what}")

    def put_faults(self, **faults: Any) -> None:
        """Instead of those before; the players that the platform does not want stay."""
        self._faults = faults
        self.platform.put_faults(refused_players=self.refused, **faults)

    def _refuse(self, players: Iterable[str]) -> None:
        rows = self.world.sql("SELECT external_id FROM bonuses_player WHERE id = ANY(%s::uuid[])", list(players))
        self.refused |= {external_id: {"code": "NO_WALLET"} for (external_id,) in rows}
        self.put_faults(**self._faults)

    # How far it is.

    @property
    def credits(self) -> int:
        return sum(self.platform.state()["grants"].values())

    def wait_for_credits(self, count: int) -> None:
        """Of all campaigns together."""
        wait_for(f"{count} credits", lambda: self.credits >= count, seconds=PATIENCE_SECONDS)

    def left(self) -> dict[str, int]:
        self.eyes.tell()
        ((recipients, campaigns),) = self.world.sql(LEFT)
        work = {"recipients": int(recipients), "campaigns": campaigns}
        return {**super().left(), **{name: count for name, count in work.items() if count}}

    def settle(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        super().settle(seconds=seconds)
        self.eyes.stop()

    def _is_taking_tasks(self) -> bool:
        """Killed before that, its pool would be the end of it."""
        with redis.Redis.from_url(self.world.redis.url) as client:
            return any(one["cmd"] == "brpop" for one in client.client_list())

    # Workers that are held up.

    def freeze_at(self, failpoint: str) -> int:
        """One of the pool's processes stops when it passes there; its pid."""
        return self.arm(self.worker, FREEZE + failpoint)

    def second_worker(self) -> Child:
        return self._run_armable("worker-2", [sys.executable, "-m", "scripts.faults.worker", "--concurrency", "2"])

    def steal_leases(self) -> None:
        """They run out, as do the claims, though those who hold them are alive."""
        self.world.sql("UPDATE campaigns_chunk SET leased_until = %s WHERE leased_until IS NOT NULL", PAST)
        self.pass_time()


def wait_until_stopped(*pids: int) -> None:
    wait_for(f"{pids} frozen", lambda: all(map(is_stopped, pids)), seconds=PATIENCE_SECONDS)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def thaw(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def end_in_order(worker: Child) -> None:
    """It finishes what it has in hand."""
    os.kill(worker.pid, signal.SIGTERM)
    worker.wait(PATIENCE_SECONDS)
