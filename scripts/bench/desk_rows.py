"""What the pages of the admin are looked at with: a few rows of everything there is, then many of what grows.

The few are those by which the number of statements is tested. The many stand in the order of an import: their numbers
say what they are like, so that a thousand of them are like a million.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bonusdesk.tests.admin_rows import MAKE
from bonuses.models import BonusTemplate
from bonuses.models.rollup import GrantDay
from bonuses.services.count_grants import DAYS as COUNTED
from bonuses.services.count_grants import count_grants
from campaigns.admin.words import SKIPPED_FOR
from integrations.models import SinkState
from scripts.bench.database import clone
from scripts.bench.tape import FIRST, GRANT, PLAYER, numbered

CAMPAIGN, EVENT = 0xB3, 0xB4
SINK = "integrations.sinkstate"
DAYS = 29
"""Over which the grants were made: not longer ago than the days that are counted."""
BUSY = 500
"""Every so manieth grant is the one player's whose page is looked at."""

STATUSES = {
    "completed": 400,
    "active": 700,
    "expired": 800,
    "forfeited": 880,
    "cancelled": 940,
    "failed": 970,
    "lost": 985,
    "auto_completed": 992,
    "pending": 995,
    "queued": 998,
    "reversed": 1000,
}
"""Of a thousand grants, up to which number they are in a state."""
ENDED = "('completed', 'expired', 'forfeited', 'cancelled', 'failed', 'lost', 'auto_completed')"
OUTCOMES = {"applied": 930, "replay": 960, "not_applied": 980, "early": 995, "unknown_grant": 998, "failed": 1000}
ORIGINS = {"campaign": 60, "api": 85, "auto": 95, "journey": 99, "manual": 100}
_NUMBER = re.compile(r"\bi\b")


@dataclass(frozen=True)
class Kind:
    """Rows like one that is there: so many for each thousand grants."""

    table: str
    sample: Any
    per_thousand: int
    changes: dict[str, str]

    def numbers(self, grants: int) -> int:
        return max(grants * self.per_thousand // 1000, 1)


def make_few() -> dict[str, Any]:
    """By the model's label, the row whose page is looked at."""
    rows = {}
    for label in sorted(MAKE, key=lambda label: label == SINK):
        # More than one of them makes the sinks; the last of them are those that are looked at.
        SinkState.objects.all().delete()
        rows[label] = MAKE[label]()
    return rows


def grow(few: dict[str, Any], *, there: int, grants: int) -> None:
    """From so many grants, and players and recipients, to so many, and of campaigns a thousandth."""
    for kind in _kinds(few, DAYS * 86_400 / grants):
        done = kind.numbers(there) if there else 0
        clone(kind.table, kind.sample, FIRST + done, kind.numbers(grants) - done, kind.changes)
    with connection.cursor() as cursor:
        for statement in _CAMPAIGNS:
            cursor.execute(statement, [few["campaigns.campaign"].pk])
        cursor.execute("VACUUM ANALYZE")
    _count_days()


def _count_days() -> None:
    """As the schedule does, run after run."""
    GrantDay.objects.all().delete()
    while GrantDay.objects.count() < COUNTED:
        count_grants()


def _kinds(few: dict[str, Any], seconds: float) -> Iterator[Kind]:
    """`seconds` between two grants."""
    grant, campaign = few["bonuses.grant"], few["campaigns.campaign"]
    delivered = few["integrations.outgoingevent"]
    yield Kind("bonuses_player", few["bonuses.player"].pk, 1000, _players())
    yield Kind("bonuses_grant", grant.pk, 1000, _grants(few, seconds))
    yield Kind("bonuses_granttransition", grant.transitions.first().pk, 300, _changes_of_grants(seconds))
    yield Kind("integrations_outgoingevent", delivered.pk, 200, _events(seconds))
    yield Kind("integrations_webhookdelivery", few["integrations.webhookdelivery"].pk, 100, _deliveries(seconds))
    yield Kind("bonuses_drift", few["bonuses.drift"].pk, 10, _drifts(seconds))
    yield Kind("campaigns_recipient", few["campaigns.recipient"].pk, 1000, _recipients(campaign))
    yield Kind("campaigns_campaign", campaign.pk, 1, _campaigns())
    yield Kind(
        "campaigns_segmentmember",
        few["campaigns.segment"].members.first().pk,
        100,
        _numbered({"player_id": _player("i")}),
    )
    yield Kind("bonuses_cancelitem", few["bonuses.canceljob"].items.first().pk, 100, _cancellations())


def _players() -> dict[str, str]:
    return _numbered(
        {
            "id": _player("i"),
            "external_id": "'bench-' || n",
            "status": "CASE WHEN i % 200 = 3 THEN 'self_excluded' WHEN i % 500 = 7 THEN 'banned' ELSE 'active' END",
            "total_deposited": "i",
            "created_at": "g.created_at - i * interval '1 second'",
        }
    )


def _grants(few: dict[str, Any], seconds: float) -> dict[str, str]:
    templates = list(BonusTemplate.objects.order_by("pk").values_list("pk", "revision_id"))
    state = _one_of(STATUSES, "i * 7919 % 1000")
    is_ended = f"({state}) IN {ENDED}"
    return _numbered(
        {
            "id": _grant("i"),
            "player_id": f"CASE WHEN i % {BUSY} = 0 THEN '{few['bonuses.player'].pk}'::uuid ELSE {_player('i')} END",
            "template_id": _in_turn([str(template) for template, _ in templates]),
            "revision_id": _in_turn([str(revision) for _, revision in templates]),
            "status": state,
            "slot": f"CASE WHEN ({state}) IN ('failed', 'cancelled') THEN NULL ELSE i + 100 END",
            "platform_bonus_id": f"CASE WHEN ({state}) IN ('failed', 'queued') THEN '' ELSE 'bench-' || n END",
            "granted_by_kind": _one_of(ORIGINS, "i % 100"),
            "campaign_id": f"CASE WHEN i % 100 < {ORIGINS['campaign']} THEN '{few['campaigns.campaign'].pk}'::uuid END",
            "created_at": _ago("i", seconds),
            "activated_at": f"CASE WHEN ({state}) IN ('failed', 'queued', 'pending') THEN NULL "
            f"ELSE {_ago('i', seconds)} END",
            "ended_at": f"CASE WHEN {is_ended} THEN {_ago('i', seconds)} END",
            "expires_at": f"CASE WHEN NOT {is_ended} AND i % 2 = 0 THEN now() + i * interval '1 second' END",
            "heard_at": _ago("i", seconds),
            "next_attempt_at": f"CASE WHEN ({state}) = 'queued' THEN now() END",
            "needs_person": f"({state}) = 'queued' AND i % 7 = 0",
            "wish": f"CASE WHEN ({state}) = 'active' AND i % 1000 = 11 THEN 'cancelled' ELSE '' END",
            "bonus_turned_real": f"CASE WHEN ({state}) = 'completed' THEN g.amount END",
        }
    )


def _changes_of_grants(seconds: float) -> dict[str, str]:
    """Three of every tenth grant."""
    return _numbered(
        {
            "grant_id": _grant("(i / 3 * 10)"),
            "seq": "i % 3 + 1",
            "from_status": "(ARRAY['', 'queued', 'active'])[i % 3 + 1]",
            "to_status": "(ARRAY['queued', 'active', 'completed'])[i % 3 + 1]",
            "at": f"{_ago('(i / 3 * 10)', seconds)} + i % 3 * interval '1 minute'",
            "webhook_id": "NULL",
        }
    )


def _events(seconds: float) -> dict[str, str]:
    """Two of every tenth grant; few are still to be delivered."""
    at = _ago("(i / 2 * 10)", seconds)
    return _numbered(
        {
            "sink": "'file'",
            "event_id": f"('{numbered(EVENT, '')}' || n)::uuid",
            "key": "i % 2 || ':Created'",
            "grant_id": _grant("(i / 2 * 10)"),
            "created_at": at,
            "delivered_at": f"CASE WHEN i % 1000 <> 0 THEN {at} END",
            "parked_at": "NULL",
            "skipped_at": f"CASE WHEN i % 1000 = 0 AND i > 100000 THEN {at} END",
        }
    )


def _deliveries(seconds: float) -> dict[str, str]:
    """One for every tenth grant."""
    return _numbered(
        {
            "id": f"('{numbered(EVENT, '')}' || n)::uuid",
            "event_id": "'bench-' || n",
            "dedup_key": "'bench-' || n",
            "grant_id": _grant("(i * 10)"),
            "outcome": _one_of(OUTCOMES, "i % 1000"),
            "received_at": _ago("(i * 10)", seconds),
        }
    )


def _drifts(seconds: float) -> dict[str, str]:
    at = _ago("(i * 100)", seconds)
    resolved = f"CASE WHEN i % 50 <> 0 THEN {at} END"
    return _numbered({"grant_id": _grant("(i * 100)"), "seen_at": at, "resolved_at": resolved})


def _recipients(campaign: Any) -> dict[str, str]:
    """All of the one campaign. Who was given something is who has a grant of it."""
    reasons = [f"'{reason}'" for reason in list(SKIPPED_FOR)[:4]]
    is_granted, is_skipped = f"i % 100 < {ORIGINS['campaign']}", "i % 1000 < 998"
    status = f"CASE WHEN {is_granted} THEN 'granted' WHEN {is_skipped} THEN 'skipped' WHEN i % 2 = 0 THEN 'pending' "
    return _numbered(
        {
            "campaign_id": f"'{campaign.pk}'::uuid",
            "number": "i + 10",
            "player_id": _player("i"),
            "status": f"{status} ELSE 'failed' END",
            "reason": f"CASE WHEN {is_granted} THEN '' WHEN {is_skipped} "
            f"THEN (ARRAY[{', '.join(reasons)}])[i % 97 % {len(reasons)} + 1] ELSE '' END",
            "grant_id": f"CASE WHEN {is_granted} THEN {_grant('i')} END",
        }
    )


def _campaigns() -> dict[str, str]:
    status = "(ARRAY['issuing', 'paused', 'scheduled', 'draft', 'cancelled'])[CASE WHEN i % 40 < 5 THEN i % 40 + 1 END]"
    return _numbered(
        {
            "id": f"('{numbered(CAMPAIGN, '')}' || n)::uuid",
            "name": "'Bench campaign ' || n",
            "status": f"coalesce({status}, 'issued')",
            "created_at": "g.created_at - i * interval '1 hour'",
            "updated_at": "g.updated_at - i * interval '1 hour'",
        }
    )


def _cancellations() -> dict[str, str]:
    return _numbered(
        {"grant_id": _grant("(i * 10)"), "outcome": "(ARRAY['cancelled', 'waiting', 'refused'])[i % 3 + 1]"}
    )


_COUNTS = """
SELECT campaign_id, number / 1000, 0, count(*) FILTER (WHERE status = 'pending'),
       count(*) FILTER (WHERE status = 'granted'), count(*) FILTER (WHERE status = 'skipped'),
       count(*) FILTER (WHERE status = 'failed'), '', 0
FROM campaigns_recipient WHERE campaign_id = %s GROUP BY 1, 2
"""
_COLUMNS = "campaign_id, number, untouched, pending, granted, skipped, failed, leased_by, epoch"
_INTO = f"INSERT INTO campaigns_chunk ({_COLUMNS})"
_AUDIENCE = "SELECT sum(pending + granted + skipped + failed) FROM campaigns_chunk WHERE campaign_id = c.id"
_OTHERS = "name LIKE 'Bench campaign %%' AND status NOT IN ('draft', 'scheduled')"
_COUNT = f"{_INTO} {_COUNTS}"
_SUM_UP = f"UPDATE campaigns_campaign c SET audience_count = ({_AUDIENCE}) WHERE id = %s"  # noqa: S608  text of ours
_EACH_OTHER = f"""
{_INTO}
SELECT id, 0, 0, 0, 900, 100, 0, '', 0 FROM campaigns_campaign WHERE id <> %s AND {_OTHERS}
ON CONFLICT DO NOTHING
"""  # noqa: S608
_CAMPAIGNS = ("DELETE FROM campaigns_chunk WHERE campaign_id = %s", _COUNT, _SUM_UP, _EACH_OTHER)
"""What is counted of the many, by the hand of the database."""


def _numbered(changes: dict[str, str]) -> dict[str, str]:
    """`i` counts from 0."""
    return {column: _NUMBER.sub(f"(n - {FIRST})", value) for column, value in changes.items()}


def _player(number: str) -> str:
    return f"('{numbered(PLAYER, '')}' || ({FIRST} + {number}))::uuid"


def _grant(number: str) -> str:
    return f"('{numbered(GRANT, '')}' || ({FIRST} + {number}))::uuid"


def _ago(number: str, seconds: float) -> str:
    """The first is the newest."""
    return f"now() - {number} * interval '{seconds} seconds'"


def _one_of(bounds: dict[str, int], number: str) -> str:
    cases = " ".join(f"WHEN {number} < {bound} THEN '{name}'" for name, bound in bounds.items())
    return f"CASE {cases} END"


def _in_turn(ids: list[str]) -> str:
    among = "', '".join(ids)
    return f"(ARRAY['{among}']::uuid[])[i % {len(ids)} + 1]"
