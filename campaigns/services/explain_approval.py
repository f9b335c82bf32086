"""What a campaign may give without another approval, as enforcement has it: told as checks, for “Why?”."""

from dataclasses import dataclass

from django.conf import settings

from bonuses.money import display
from bonuses.services.bulk.judge import Judge
from bonuses.services.bulk.plan import exceeds
from bonuses.services.checks import Check, Finding, Outcome, look_at_each
from campaigns.approvals.ceiling import AS_MUCH_AS_APPROVED, limit_of
from campaigns.approvals.check import check_approved
from campaigns.fanout.pause import BUDGET_EXHAUSTED
from campaigns.lifecycle import ENDED, Status
from campaigns.models import Campaign
from campaigns.services.errors import ApprovalRequired
from integrations.time_limit import TookTooLong, within

NEVER = "none is ever needed"
SECONDS = 5.0
"""What a campaign costs is counted over its whole audience, and a person waits for the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    campaign: Campaign
    judge: Judge
    """Of its plan; what it knows already is not read again."""


def _may_give_what_it_costs(asked: Asked) -> None:
    check_approved(asked.campaign, judge=asked.judge)


APPROVAL_CHECKS = (Check("approval", _may_give_what_it_costs),)


def approval_finding(campaign: Campaign, judge: Judge) -> Finding:
    """What issuing it, or having it go on, would say of its approval. `campaign` is one of `explainable`."""
    if campaign.state in ENDED or (campaign.state is Status.ISSUING and campaign.snapshot_at is not None):
        return Finding("approval", Outcome.PASSED, numbers="asked when it began")
    if settings.CAMPAIGN_APPROVAL_THRESHOLD is None:
        return Finding("approval", Outcome.PASSED, numbers=NEVER)
    try:
        with within(SECONDS):
            asked = Asked(campaign, judge)
            [found] = look_at_each(APPROVAL_CHECKS, asked, passed={"approval": _allowed}, refused={})
    except TookTooLong:
        return _as_noted(campaign)
    return found


def limit_finding(campaign: Campaign, cost: int) -> Finding:
    """Whether there is as much left as one more bonus costs: of the budget, or of what may be given unapproved."""
    limit = limit_of(campaign, approved_cost=_approved_cost(campaign))
    if limit.amount is None:
        return Finding("budget", Outcome.PASSED, numbers="no budget set")
    left = limit.amount - campaign.budget_used
    numbers = f"{_base(cost)} needed, {_base(left)} of {_base(limit.amount)} left"
    name, words, code = _WHAT_ENDS[limit.reason]
    if exceeds(cost, left):
        return Finding(name, Outcome.REFUSED, code, words, numbers)
    return Finding(name, Outcome.PASSED, numbers=numbers)


_WHAT_ENDS = {
    BUDGET_EXHAUSTED: (
        "budget",
        "What is left of the budget is not enough: the campaign pauses until it is raised.",
        BUDGET_EXHAUSTED,
    ),
    AS_MUCH_AS_APPROVED: (
        "ceiling",
        "What may be given without another approval is not enough: the campaign pauses until somebody approves more.",
        ApprovalRequired.code,
    ),
}
"""By the reason that the fan-out pauses with: the check's name, what it says, its code."""


def _as_noted(campaign: Campaign) -> Finding:
    """Counting took too long here: what was said of it last, where that was no."""
    code, _, said = campaign.status_reason.partition(": ")
    if code == ApprovalRequired.code:
        return Finding("approval", Outcome.REFUSED, code, "It waits for the approval of a second person.", said)
    return Finding("approval", Outcome.NOTED, words="What it costs takes too long to count here. Its preview says it.")


def _allowed(asked: Asked) -> str:
    approved = _approved_cost(asked.campaign)
    without = f"none is needed up to {_base(settings.CAMPAIGN_APPROVAL_THRESHOLD or 0)}"
    return without if approved is None else f"{without}; {_base(approved)} approved"


def _approved_cost(campaign: Campaign) -> int | None:
    found: int | None = getattr(campaign, "approved_cost")  # noqa: B009  annotated
    return found


def _base(minor: int) -> str:
    return display(minor, settings.BASE_CURRENCY)
