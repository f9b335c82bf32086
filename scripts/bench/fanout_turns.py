"""The product's own functions, and bare clients that say what a campaign said: what is timed is only their work."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from bonuses.lifecycle import Cause
from bonuses.models import Grant
from bonuses.services.bulk.plan import Candidate, Plan, Promise
from bonuses.services.bulk.promise_many import promise_many
from bonuses.services.bulk.write_answers import write_answers
from bonuses.services.order import grant_order
from campaigns.fanout.ids import grant_id_of
from campaigns.fanout.plan import cause_of, plan_of
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.models import Campaign, Recipient
from integrations.platforms.answers import Granted
from integrations.platforms.base import PlatformBonus
from scripts.bench import client_turns
from scripts.bench.base import BenchFailed
from scripts.bench.client_turn import Turn


def snapshot(*, campaign_id: str) -> dict[str, float]:
    campaign = Campaign.objects.select_related("segment").get(pk=campaign_id)
    began = time.monotonic()
    if not ensure_snapshot(campaign):
        raise BenchFailed("The snapshot was not taken.")
    return {"seconds": time.monotonic() - began}


def writes(*, campaign_id: str, wave: int, stage: list[str], sinks: list[str]) -> dict[str, float]:
    """All that a campaign promises, wave by wave, and then what the platform would have said.

    `stage`: statements in between, that keep what was promised.
    """
    campaign = Campaign.objects.select_related("segment", "revision").get(pk=campaign_id)
    if not ensure_snapshot(campaign) or campaign.revision is None:
        raise BenchFailed("The snapshot was not taken.")
    recipients = Recipient.objects.filter(campaign=campaign).order_by("number")
    candidates = [Candidate(grant_id_of(campaign, one.number), one.player_id) for one in recipients.iterator()]
    plan, cause = plan_of(campaign, campaign.revision), cause_of(campaign)
    began = time.monotonic()
    starts = range(0, len(candidates), wave)
    waves = [_promise(plan, cause, candidates[start : start + wave]) for start in starts]
    promised = time.monotonic() - began
    with connection.cursor() as cursor:
        for statement in stage:
            cursor.execute(statement)
    began = time.monotonic()
    with override_settings(EVENT_SINKS=sinks):
        for promises in waves:
            write_answers(answers=[(promise, Granted(_credited(promise))) for promise in promises], cause=cause)
    return {"promised": promised, "answered": time.monotonic() - began}


def _promise(plan: Plan, cause: Cause, candidates: Sequence[Candidate]) -> list[Promise]:
    with transaction.atomic(durable=True):
        promised = promise_many(plan=plan, candidates=candidates, budget=None, cause=cause, now=timezone.now())
    if len(promised.promises) != len(candidates):
        raise BenchFailed(f"{len(promised.promises)} of {len(candidates)} were promised something.")
    return promised.promises


def _credited(promise: Promise) -> PlatformBonus:
    return PlatformBonus(f"pb-{promise.order.grant_id}", "credited")


def client(*, name: str, turn: dict[str, Any], campaign_id: str) -> dict[str, float]:
    """The campaign's calls again, each for a grant of another id, as far as there is one."""
    grants = Grant.objects.filter(campaign_id=campaign_id).order_by("id")
    found = grants.select_related("player").prefetch_related("revision", "adapter")
    orders = [replace(grant_order(grant), grant_id=uuid.uuid4()) for grant in found]
    return client_turns.take(name, Turn(calls=len(orders), **turn), orders)


TURNS: dict[str, Callable[..., dict[str, float]]] = {"snapshot": snapshot, "writes": writes, "client": client}
