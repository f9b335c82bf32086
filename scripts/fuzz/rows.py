"""The rows that the document's examples speak of, so that they are answered with more than "not found"."""

from bonuses.api.docs.examples import IDENTIFY, NEW_TEMPLATE, PLAYER_ID, TEMPLATE_ID
from bonuses.models import BonusTemplate, Player
from bonuses.services.create_template import create_template
from integrations.models import Adapter
from scripts.local_stack import SLUG

UNLIMITED = {"max_grants_per_player": None}


def add_examples() -> None:
    create_template(fields={**NEW_TEMPLATE, **UNLIMITED, "id": TEMPLATE_ID}, by="fuzz")
    Player.objects.create(id=PLAYER_ID, **IDENTIFY)


def known() -> dict[str, str]:
    """Ids to begin with, by path, and of templates by path and type."""
    templates = BonusTemplate.objects.values_list("type", "id")
    return {"/v1/players/{id}": PLAYER_ID, **{f"/v1/bonus-templates/{{id}}{kind}": str(pk) for kind, pk in templates}}


def webhook_secret() -> str:
    return str(Adapter.objects.get(slug=SLUG).webhook_secret)
