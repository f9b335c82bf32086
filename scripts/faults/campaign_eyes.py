"""Looks at the numbers while everything moves: they must agree at every moment, not only at the end.

Each statement sees one moment. Shares no code with the product.
"""

import threading
from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import urllib3

from scripts.faults.base import Violated
from scripts.faults.database import Database

if TYPE_CHECKING:
    from scripts.faults.campaign import Api

Sql = Callable[[str], list[tuple[Any, ...]]]

CHUNK_SIZE = 1000
EVERY_SECONDS = 0.1
OUTCOMES = ("pending", "granted", "skipped", "failed")
# What each chunk has counted, against its recipients, counted afresh.
MISCOUNTED = f"""
WITH counted AS (
    SELECT campaign_id, number, ARRAY[untouched, pending, granted, skipped, failed]::bigint[] AS numbers
    FROM campaigns_chunk
), fresh AS (
    SELECT campaign_id, number / {CHUNK_SIZE} AS number, ARRAY[
        count(*) FILTER (WHERE status = 'pending' AND grant_id IS NULL),
        count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'granted'),
        count(*) FILTER (WHERE status = 'skipped'), count(*) FILTER (WHERE status = 'failed')
    ] AS numbers
    FROM campaigns_recipient GROUP BY 1, 2
)
SELECT campaign_id::text, number, counted.numbers, fresh.numbers
FROM counted FULL JOIN fresh USING (campaign_id, number) WHERE counted.numbers IS DISTINCT FROM fresh.numbers
"""  # noqa: S608  our own number
# What each campaign has used of its budget, against what it has promised and not been given back; and its size.
MISSPENT = """
WITH fresh AS (
    SELECT recipient.campaign_id, count(*) AS audience,
        coalesce(sum(amount_base) FILTER (WHERE recipient.status IN ('pending', 'granted')), 0) AS spent
    FROM campaigns_recipient recipient LEFT JOIN bonuses_grant ON bonuses_grant.id = recipient.grant_id GROUP BY 1
)
SELECT id::text, budget_used, spent, audience_count, audience
FROM campaigns_campaign JOIN fresh ON fresh.campaign_id = id
WHERE (budget_used, audience_count) IS DISTINCT FROM (spent, audience)
"""


class Eyes:
    """A thread that looks, until it is stopped or sees something wrong."""

    def __init__(self, database_url: str, api: "Api", audiences: Mapping[str, Set[str]]) -> None:
        self.looks = 0
        self._database = Database(database_url)
        self._api = api
        self._audiences = audiences
        self._counted: set[str] = set()
        """Campaigns whose audience is known: it stays."""
        self._is_over = threading.Event()
        self._trouble: Exception | None = None
        self._thread = threading.Thread(target=self._keep_looking, name="eyes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raises what was seen."""
        self._is_over.set()
        self._thread.join()
        self._database.close()
        self.tell()

    def tell(self) -> None:
        """Raises what was seen so far, once."""
        trouble, self._trouble = self._trouble, None
        if trouble:
            raise trouble

    def _keep_looking(self) -> None:
        try:
            while not self._is_over.wait(EVERY_SECONDS):
                add_up(lambda statement: self._database.rows(statement, ()))
                for campaign, players in list(self._audiences.items()):
                    # Who is slow to answer has told nothing wrong.
                    with suppress(urllib3.exceptions.HTTPError):
                        self._ask(campaign, len(players))
                self.looks += 1
        except Exception as trouble:
            self._trouble = trouble

    def _ask(self, campaign: str, audience: int) -> None:
        stats = self._api.get(f"/bonus-campaigns/{campaign}")["stats"]
        total = sum(stats[name] for name in OUTCOMES)
        if total == audience:
            self._counted.add(campaign)
        elif total or campaign in self._counted:
            raise Violated(f"in the middle, of {audience} recipients the API counts {total}: {stats}")


def add_up(sql: Sql) -> None:
    """Counters, audience and budget are what a fresh count says."""
    if wrong := sql(MISCOUNTED):
        raise Violated(f"{len(wrong)} chunks have counted something else than there is: {wrong[:3]}")
    if wrong := sql(MISSPENT):
        raise Violated(f"{len(wrong)} campaigns have another budget or audience than they say: {wrong[:3]}")
