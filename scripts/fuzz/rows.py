"""The rows that the document's examples speak of, so that they are answered with more than "not found"."""

from itertools import cycle, islice

from django.utils import timezone

from bonuses.api.docs.examples import IDENTIFY, NEW_TEMPLATE, PLAYER_ID, TEMPLATE_ID
from bonuses.models import BonusTemplate, Player
from bonuses.services.create_template import create_template
from campaigns.api.docs.campaign_examples import CAMPAIGN_ID, NEW_CAMPAIGN, SEGMENT_ID
from campaigns.lifecycle import Outcome, Status
from campaigns.models import Campaign, Chunk, Recipient, Segment
from campaigns.models.segment import SegmentKind
from integrations.models import Adapter
from scripts.local_stack import SLUG

UNLIMITED = {"max_grants_per_player": None}


def add_examples() -> None:
    create_template(fields={**NEW_TEMPLATE, **UNLIMITED, "id": TEMPLATE_ID}, by="fuzz")
    Player.objects.create(id=PLAYER_ID, **IDENTIFY)
    _add_campaign()


def _add_campaign() -> None:
    """It has begun, for all players there are, and every fifth of them is through."""
    template = BonusTemplate.objects.get(pk=TEMPLATE_ID)
    rules = {"field": "total_deposited", "op": "gte", "value": 0}
    segment = Segment.objects.create(id=SEGMENT_ID, name="Everybody", kind=SegmentKind.RULES, rules=rules)
    fields = {**NEW_CAMPAIGN, "id": CAMPAIGN_ID, "segment_id": segment.pk, "status": Status.ISSUING}
    campaign = Campaign.objects.create(**fields, revision=template.revision, issued_at=timezone.now())
    players = list(Player.objects.order_by("pk"))
    outcomes = list(islice(cycle([*Outcome, Outcome.GRANTED]), len(players)))
    Recipient.objects.bulk_create(
        Recipient(campaign=campaign, number=number, player=player, status=outcome)
        for number, (player, outcome) in enumerate(zip(players, outcomes, strict=True))
    )
    counts = {outcome.value: outcomes.count(outcome) for outcome in Outcome}
    Chunk.objects.create(campaign=campaign, number=0, untouched=0, **counts)


def known() -> dict[str, str]:
    """Ids to begin with, by path, and of templates by path and type."""
    templates = BonusTemplate.objects.values_list("type", "id")
    campaign = dict.fromkeys(("/v1/bonus-campaigns/{id}", "/v1/bonus-campaigns/{id}/recipients"), CAMPAIGN_ID)
    rows = {"/v1/players/{id}": PLAYER_ID, "/v1/segments/{id}": SEGMENT_ID, **campaign}
    return {**rows, **{f"/v1/bonus-templates/{{id}}{kind}": str(pk) for kind, pk in templates}}


def webhook_secret() -> str:
    return str(Adapter.objects.get(slug=SLUG).webhook_secret)
