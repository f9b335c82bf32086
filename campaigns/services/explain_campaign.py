"""Why a player gets a campaign's bonus or does not: nothing is written, and no platform is called."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from bonuses.lifecycle import Status
from bonuses.models import Grant
from bonuses.models.stop import stops_of
from bonuses.services.adapters import Known
from bonuses.services.bulk.judge import ADAPTER_CHECKS, JUDGE_CHECKS, Judge, Judging, code_of
from bonuses.services.bulk.plan import Plan
from bonuses.services.bulk.traits import Traits
from bonuses.services.checks import (
    Finding,
    Outcome,
    first_refusal,
    look_at_each,
    not_reached,
    numbers_of_part,
)
from bonuses.services.explain import breaker_finding, grants_of
from bonuses.services.explain_numbers import OFFER_PASSED, OFFER_REFUSED, in_words, standing, used
from bonuses.services.issue_checks import TEMPLATE_CHECKS, TemplateCase
from bonuses.services.offer import Offering
from bonuses.services.retry import Hold, hold_on
from campaigns.approvals.ceiling import approved_cost
from campaigns.fanout.plan import plan_of
from campaigns.lifecycle import Outcome as Became
from campaigns.models import Campaign, Recipient
from campaigns.services.explain_approval import approval_finding, limit_finding
from campaigns.services.explain_audience import Subject, at, audience_findings, subject_of
from campaigns.services.explain_rules import RuleFinding, rule_findings

HELD = {
    Hold.ENDING: "It is to end before it was credited.",
    Hold.BLOCKED: "The player is blocked.",
    Hold.STOPPED: "A kill switch holds it back.",
}


@dataclass(frozen=True, slots=True)
class CampaignExplanation:
    audience: list[Finding]
    rules: list[RuleFinding]
    decision: list[Finding]
    """What has become of him as a recipient, and of his grant."""
    checks: list[Finding]
    """What issuing asks, as things stand now; empty where it has been decided for the better."""
    grants: Sequence[Grant]
    """Of the player and the template, the newest first."""


def explain_campaign(*, campaign: Campaign, player_id: uuid.UUID) -> CampaignExplanation:
    """`campaign` is one of `explainable`. Raises `RulesInvalid` for rules we no longer take."""
    plan, now = plan_of(campaign, campaign.revision or campaign.template.revision), timezone.now()
    subject = subject_of(campaign, player_id, plan=plan, now=now)
    audience = audience_findings(subject)
    grants = list(grants_of(player_id=player_id, template_id=campaign.template_id))
    in_audience = all(finding.outcome in (Outcome.PASSED, Outcome.NOTED) for finding in audience)
    return CampaignExplanation(
        audience=audience,
        rules=rule_findings(subject.rule, subject.player) if subject.rule else [],
        decision=_decision(subject, grants),
        checks=_checks(subject, plan, now) if in_audience and _is_open(subject.recipient) else [],
        grants=grants,
    )


def explainable() -> QuerySet[Campaign]:
    """With all that is needed of them."""
    rows = Campaign.objects.select_related("segment", "template__revision", "revision")
    return rows.annotate(approved_cost=approved_cost())


def _is_open(recipient: Recipient | None) -> bool:
    """Whether the checks are still to come, or once more worth a look."""
    return recipient is None or recipient.grant_id is None


def _checks(subject: Subject, plan: Plan, now: datetime) -> list[Finding]:
    campaign = subject.campaign
    template = TemplateCase(campaign.template_id, campaign.pk)
    judging = Judge(plan, now=now).about(Traits(*(getattr(subject.player, name) for name in Traits._fields)))
    findings = look_at_each(
        TEMPLATE_CHECKS,
        template,
        passed={},
        refused={"kill_switch": lambda case: in_words(stops_of(template=case.template_id, campaign=case.campaign_id))},
    )
    if _goes_on(findings):
        findings.append(approval_finding(campaign, judging.judge))
    else:
        findings.append(Finding("approval", Outcome.NOT_REACHED))
    findings += _judged(judging, subject, now) if _goes_on(findings) else not_reached(JUDGE_CHECKS)
    findings += _adapter(judging.known) if _goes_on(findings) else not_reached(ADAPTER_CHECKS)
    if _goes_on(findings):
        findings.append(limit_finding(campaign, judging.offering.amount_base))
    else:
        findings.append(Finding("budget", Outcome.NOT_REACHED))
    return [*findings, breaker_finding(judging.known.adapter if _goes_on(findings) else None)]


def _goes_on(findings: Sequence[Finding]) -> bool:
    return first_refusal(findings) is None


def _judged(judging: Judging, subject: Subject, now: datetime) -> list[Finding]:
    def slots(case: Judging) -> str:
        held = getattr(subject.player, "grants_held")  # noqa: B009  annotated
        return used(held, case.offering.terms, now)

    of_offer, of_refused = (numbers_of_part(told, _offering) for told in (OFFER_PASSED, OFFER_REFUSED))
    return look_at_each(
        JUDGE_CHECKS,
        judging,
        passed={**of_offer, "adapter": lambda case: case.known.adapter.name, "limit": slots},
        refused={**of_refused, "limit": slots},
        code_of=code_of,
    )


def _offering(judging: Judging) -> Offering:
    return judging.offering


def _adapter(known: Known) -> list[Finding]:
    stopped = {"adapter_stop": lambda known: in_words(stops_of(adapter=known.adapter.pk))}
    return look_at_each(ADAPTER_CHECKS, known, passed={}, refused=stopped)


def _decision(subject: Subject, grants: Sequence[Grant]) -> list[Finding]:
    recipient = subject.recipient
    if recipient is None:
        return []
    findings = [_decided(recipient)]
    if recipient.grant_id is None:
        return findings
    grant = next((one for one in grants if one.pk == recipient.grant_id), None)
    grant = grant or Grant.objects.filter(pk=recipient.grant_id).first()
    return findings + ([_answer(grant), _now(grant)] if grant else [])


def _decided(recipient: Recipient) -> Finding:
    if recipient.status == Became.GRANTED:
        return Finding("decision", Outcome.PASSED, words="The player was given the bonus.")
    if recipient.status != Became.PENDING:
        return Finding("decision", Outcome.REFUSED, recipient.reason, recipient.message, recipient.status)
    if recipient.grant_id is None:
        return Finding("decision", Outcome.NOTED, words="It is not the player’s turn yet.")
    return Finding("decision", Outcome.NOTED, words="The bonus is promised; what becomes of it is not known yet.")


def _answer(grant: Grant) -> Finding:
    if grant.state is Status.FAILED:
        return Finding("answer", Outcome.REFUSED, grant.failure_code, grant.failure_message)
    if grant.state is Status.QUEUED:
        return Finding("answer", Outcome.NOTED, words=standing(grant))
    known_as = f"known there as {grant.platform_bonus_id}" if grant.platform_bonus_id else ""
    if grant.activated_at is not None:
        return Finding("answer", Outcome.PASSED, words=f"Credited at {at(grant.activated_at)}.", numbers=known_as)
    if grant.state is Status.PENDING:
        return Finding("answer", Outcome.PASSED, words="The player has not claimed it yet.", numbers=known_as)
    return Finding("answer", Outcome.NOTED, words="It ended before it was credited.", numbers=known_as)


def _now(grant: Grant) -> Finding:
    hold = hold_on(grant) if grant.state is Status.QUEUED else None
    words = HELD[hold] if hold else "" if grant.state in (Status.QUEUED, Status.FAILED) else standing(grant)
    return Finding("grant", Outcome.NOTED, words=words, numbers=grant.status)
