"""“Why?” about a campaign, for tests: asked without anything being changed, and read."""

from typing import Any

from bonuses.models import Player
from bonuses.services.checks import Finding, Outcome, first_refusal
from bonuses.tests.platform_reports import everything
from campaigns.models import Approval, Campaign, Chunk, Recipient
from campaigns.services.explain_campaign import CampaignExplanation, explain_campaign, explainable
from campaigns.tests.fanning import ScriptedPlatform


def why(campaign: Campaign, player: Player) -> CampaignExplanation:
    def rows() -> list[Any]:
        models = (Campaign, Chunk, Recipient, Approval)
        return [everything(), *(list(model.objects.order_by("pk").values()) for model in models)]

    before, asked = rows(), len(ScriptedPlatform.asked)
    found = explain_campaign(campaign=explainable().get(pk=campaign.pk), player_id=player.pk)
    assert rows() == before
    assert len(ScriptedPlatform.asked) == asked
    return found


def finding_of(findings: list[Finding], name: str) -> Finding:
    [found] = [finding for finding in findings if finding.name == name]
    return found


def outcome(findings: list[Finding], name: str) -> tuple[Outcome, str]:
    found = finding_of(findings, name)
    return found.outcome, found.code


def refused(findings: list[Finding]) -> tuple[str, str]:
    refusal = first_refusal(findings)
    assert refusal is not None
    assert {one.outcome for one in findings[findings.index(refusal) + 1 :]} <= {Outcome.NOT_REACHED}
    return refusal.name, refusal.code
