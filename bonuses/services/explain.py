"""Why a player gets a bonus or does not: the checks of issuing, one by one, and what he had of it before.

Nothing is written, and no platform is called.
"""

import uuid
from collections.abc import Sequence

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from bonuses.models import Grant, GrantTransition
from bonuses.services.checks import Finding, Outcome, look_at_each
from bonuses.services.credit import AdapterUnavailable
from bonuses.services.explain_numbers import ISSUE_PASSED, ISSUE_REFUSED
from bonuses.services.issue_checks import ISSUE_CHECKS, IssueCase
from integrations.models import Adapter
from integrations.platforms.gateway import Gateway

GRANTS_SHOWN = 20


def explain(
    *, template_id: uuid.UUID, player_id: uuid.UUID, deposit: int | None = None, loss: int | None = None
) -> list[Finding]:
    """What would come of asking for it now, without a campaign. Amounts in minor units of the template's currency."""
    case = IssueCase(
        template_id, None, player_id=player_id, deposit=deposit, loss=loss, currency=None, now=timezone.now()
    )
    findings = look_at_each(ISSUE_CHECKS, case, passed=ISSUE_PASSED, refused=ISSUE_REFUSED)
    return [*findings, breaker_finding(case.known.adapter if all_passed(findings) else None)]


def all_passed(findings: Sequence[Finding]) -> bool:
    return all(finding.outcome is Outcome.PASSED for finding in findings)


def breaker_finding(adapter: Adapter | None) -> Finding:
    """Whether the platform could be called at once; None where it does not come to a call."""
    if adapter is None:
        return Finding("breaker", Outcome.NOT_REACHED)
    wait = Gateway(adapter).available()
    if not wait:
        return Finding("breaker", Outcome.PASSED)
    words = "The platform has been in trouble and is left alone for now. What is asked for is kept and tried again."
    return Finding("breaker", Outcome.REFUSED, AdapterUnavailable.code, words, f"again in {wait:.0f} s")


def grants_of(*, player_id: uuid.UUID, template_id: uuid.UUID) -> QuerySet[Grant]:
    """The newest first, each with the reason of its last change as `last_reason`."""
    changes = GrantTransition.objects.filter(grant=OuterRef("pk")).order_by("-seq")
    grants = Grant.objects.filter(player=player_id, template=template_id).order_by("-created_at", "-pk")
    return grants.annotate(last_reason=Subquery(changes.values("reason")[:1]))[:GRANTS_SHOWN]
