"""Promising to many players, for tests."""

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from bonuses.lifecycle import Cause, CauseKind
from bonuses.models import BonusTemplate, Player
from bonuses.services.bulk.plan import Candidate, Plan, Promised
from bonuses.services.bulk.promise_many import promise_many
from integrations.ids import new_id

CAMPAIGN = Cause(CauseKind.CAMPAIGN, actor="campaign")


def plan_for(template: BonusTemplate, **fields: Any) -> Plan:
    """`fields`: `deposit_amount`, `currency`."""
    return Plan(
        campaign_id=new_id(),
        template_id=template.pk,
        revision_id=template.revision_id,
        terms=template.revision.terms,
        **fields,
    )


def candidates(*players: Player) -> list[Candidate]:
    return [Candidate(new_id(), player.pk) for player in sorted(players, key=lambda player: player.pk)]


def promise_to(plan: Plan, *players: Player, budget: int | None = None) -> Promised:
    with transaction.atomic():
        return promise_many(
            plan=plan, candidates=candidates(*players), budget=budget, cause=CAMPAIGN, now=timezone.now()
        )


def codes(promised: Promised) -> dict[uuid.UUID, str]:
    return {player_id: refusal.code for player_id, refusal in promised.refusals.items()}
