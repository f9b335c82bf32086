"""What issuing would do now, by its own checks. Nothing is written, and no platform is called."""

from dataclasses import dataclass

from django.utils import timezone

from bonuses.models import BonusTemplate, Player
from bonuses.services.checks import pass_all
from bonuses.services.issue import IssueRequest, case_of
from bonuses.services.issue_checks import ISSUE_CHECKS
from bonuses.services.offer import Offer
from integrations.models import Adapter


@dataclass(frozen=True, slots=True)
class IssuePreview:
    template: BonusTemplate
    player: Player
    adapter: Adapter
    offer: Offer

    @property
    def stamp(self) -> str:
        """Another one where something else would be given."""
        offer = self.offer
        parts = (
            self.template.revision_id,
            self.player.pk,
            offer.terms.currency,
            offer.amount,
            offer.wagering_required,
            self.adapter.slug,
        )
        return ":".join(map(str, parts))


def preview_issue(*, request: IssueRequest) -> IssuePreview:
    """Raises what the checks of issuing find."""
    case = case_of(request, timezone.now())
    pass_all(ISSUE_CHECKS, case)
    return IssuePreview(case.template, case.player, case.known.adapter, case.offering.offer)
