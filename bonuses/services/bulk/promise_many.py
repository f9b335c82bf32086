"""Step one of issuing for many players at once: check, compute, and insert what is promised."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bonuses.lifecycle import Cause
from bonuses.services.bulk.groups import Groups
from bonuses.services.bulk.insert import Chosen, insert_grants
from bonuses.services.bulk.plan import Candidate, Plan, Promise, Promised, Refusal, exceeds
from bonuses.services.bulk.traits import subjects
from bonuses.services.issue import usable_template


def promise_many(
    *, plan: Plan, candidates: Sequence[Candidate], budget: int | None, cause: Cause, now: datetime
) -> Promised:
    """Insert queued grants, the first call of each claimed, for those candidates who may have one.

    In the caller's transaction; `candidates` in the order of the players' ids, each player once. `budget` in minor
    units of the base currency: from the first player on for whom it is not enough, all are left out.
    Raises `TemplateNotFound`, `TemplateNotActive`, `IssuingStopped` and `AdapterPaused`, nothing written.
    """
    usable_template(template_id=plan.template_id, campaign_id=plan.campaign_id)
    promised = Promised()
    chosen = _choose(plan, candidates, budget, now, promised)
    made = insert_grants(chosen, cause=cause, now=now)
    for one in chosen:
        if one.candidate.grant_id in made:
            promised.promises.append(_promise(one))
            promised.cost += one.share.amount_base
    return promised


def _choose(
    plan: Plan, candidates: Sequence[Candidate], budget: int | None, now: datetime, promised: Promised
) -> list[Chosen]:
    """Whom to promise something; notes in `promised` who is refused or left out."""
    groups, chosen, cost = Groups(plan, now=now), [], 0
    people = subjects([candidate.player_id for candidate in candidates], plan=plan, now=now)
    for number, (candidate, subject) in enumerate(zip(candidates, people, strict=True)):
        share = groups.share(subject.traits)
        if isinstance(share, Refusal):
            promised.refusals[candidate.player_id] = share
            continue
        cost += share.amount_base
        if exceeds(cost, budget):
            promised.left_out = [one.player_id for one in candidates[number:]]
            break
        chosen.append(Chosen(candidate, subject, share))
    return chosen


def _promise(one: Chosen) -> Promise:
    order = replace(one.share.order, grant_id=one.candidate.grant_id, player_external_id=one.subject.external_id)
    return Promise(order, one.share.group.adapter, one.share.group.claimed_until)
