"""Whether a player is, was or would be in a campaign's audience: each question in its order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from bonuses import terms
from bonuses.models import Player
from bonuses.services.bulk.plan import Plan
from bonuses.services.bulk.traits import with_traits
from bonuses.services.checks import Finding, Outcome
from bonuses.services.slots import holding
from campaigns.audience import held_out_of
from campaigns.lifecycle import Status
from campaigns.models import Campaign, Recipient
from campaigns.models.segment import SegmentKind
from campaigns.rules import Rule, parse
from campaigns.segments import players_of
from campaigns.services.explain_rules import leaf_flags

STATES = {
    Status.DRAFT: "It is a draft: nobody was given anything. What follows is how things stand now.",
    Status.SCHEDULED: "It has not begun: nobody was given anything. What follows is how things stand now.",
    Status.ISSUING: "It is under way.",
    Status.PAUSED: "It is paused, and goes on when somebody resumes it.",
    Status.ISSUED: "It is over.",
    Status.CANCELLED: "It was cancelled.",
}


@dataclass(frozen=True, slots=True)
class Subject:
    campaign: Campaign
    player: Player
    """With what `evidence` annotates."""
    recipient: Recipient | None
    rule: Rule | None
    """None where the segment is a list."""

    def is_annotated(self, name: str) -> bool:
        return bool(getattr(self.player, name))


def subject_of(campaign: Campaign, player_id: Any, *, plan: Plan, now: datetime) -> Subject:
    """Reads the player in one statement, with all that is to be known. Raises `RulesInvalid`, `Player.DoesNotExist`."""
    rule = parse(campaign.segment.rules) if campaign.segment.kind == SegmentKind.RULES else None
    window = terms.window(terms.from_json(plan.terms), now)
    held = holding(template=campaign.template_id, player=OuterRef("pk"), window=window)
    counted = Subquery(held.values("player").annotate(n=Count("pk")).values("n"))
    players = with_traits(Player.objects.all(), plan=plan, now=now).annotate(
        in_segment=Exists(players_of(campaign.segment).filter(pk=OuterRef("pk"))),
        held_out=Exists(held_out_of(campaign).filter(pk=OuterRef("pk"))),
        grants_held=Coalesce(counted, Value(0)),
        **(leaf_flags(rule) if rule else {}),
    )
    recipient = Recipient.objects.filter(campaign=campaign, player=player_id).first()
    return Subject(campaign, players.get(pk=player_id), recipient, rule)


def audience_findings(subject: Subject) -> list[Finding]:
    findings: list[Finding] = []
    for name, look in QUESTIONS:
        if any(finding.outcome is Outcome.REFUSED for finding in findings):
            findings.append(Finding(name, Outcome.NOT_REACHED))
        else:
            findings.append(look(name, subject))
    return findings


def at(moment: datetime) -> str:
    return f"{moment:%-d %b %Y %H:%M:%S} UTC"


def _campaign(name: str, subject: Subject) -> Finding:
    campaign = subject.campaign
    words = STATES[campaign.state]
    if campaign.state is Status.CANCELLED and campaign.snapshot_at is None:
        return Finding(name, Outcome.REFUSED, "CAMPAIGN_CANCELLED", "It was cancelled before it had an audience.")
    planned = f"to begin at {at(campaign.scheduled_at)}" if campaign.scheduled_at else ""
    began = f"begun at {at(campaign.issued_at)}" if campaign.issued_at else planned
    numbers = ", ".join(part for part in (campaign.status, campaign.status_reason, began) if part)
    return Finding(name, Outcome.NOTED, words=words, numbers=numbers)


def _snapshot(name: str, subject: Subject) -> Finding:
    taken, joined = subject.campaign.snapshot_at, subject.player.created_at
    if taken is None:
        return Finding(name, Outcome.NOTED, words="It was not written down yet.")
    numbers = f"written down at {at(taken)}; the player joined at {at(joined)}"
    if subject.recipient is None and joined > taken:
        return Finding(name, Outcome.REFUSED, "JOINED_LATER", "The player joined after that.", numbers)
    return Finding(name, Outcome.PASSED, numbers=numbers)


def _segment(name: str, subject: Subject) -> Finding:
    segment, is_in = subject.campaign.segment, subject.is_annotated("in_segment")
    if subject.recipient is not None:
        words = "" if is_in else "When the audience was written down; not any more."
        return Finding(name, Outcome.PASSED, words=words, numbers=segment.name)
    if is_in:
        return Finding(name, Outcome.PASSED, numbers=segment.name)
    return Finding(name, Outcome.REFUSED, "NOT_IN_SEGMENT", f"The player is not in “{segment.name}”.")


def _holdout(name: str, subject: Subject) -> Finding:
    numbers = f"{subject.campaign.holdout_percent} % are held out"
    if subject.recipient is None and subject.is_annotated("held_out"):
        words = "The player is one of those who get nothing, so that the others can be compared with them."
        return Finding(name, Outcome.REFUSED, "HELD_OUT", words, numbers)
    return Finding(name, Outcome.PASSED, numbers=numbers)


def _recipient(name: str, subject: Subject) -> Finding:
    campaign, recipient = subject.campaign, subject.recipient
    if recipient is not None:
        return Finding(name, Outcome.PASSED, numbers=f"number {recipient.number + 1:,} of {campaign.audience_count:,}")
    if campaign.snapshot_at is None:
        return Finding(name, Outcome.NOTED, words="Would be, as things stand now.")
    changed = f"player changed at {at(subject.player.updated_at)}; segment changed at {at(campaign.segment.updated_at)}"
    words = "The player fits now, but did not when the audience was written down."
    return Finding(name, Outcome.REFUSED, "NOT_IN_AUDIENCE", words, changed)


QUESTIONS: tuple[tuple[str, Callable[[str, Subject], Finding]], ...] = (
    ("campaign", _campaign),
    ("snapshot", _snapshot),
    ("segment", _segment),
    ("holdout", _holdout),
    ("recipient", _recipient),
)
