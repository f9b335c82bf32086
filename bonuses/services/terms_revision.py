"""From a template to the terms a grant is made under."""

from decimal import Decimal
from typing import Any

from bonuses.models import BonusTemplate, TermsRevision
from bonuses.terms import Terms, check_config, check_rules, to_json

TERMS_FIELDS = (
    "type",
    "config",
    "product",
    "bonus_code",
    "wagering_requirement_multiplier",
    "wagering_basis",
    "max_bet_during_wagering",
    "max_bet_action",
    "time_limit_hours",
    "max_grants_per_player",
    "game_contribution",
    "max_win_cap",
    "fasttrack_type",
)
TEXT_OR_NOTHING = ("bonus_code", "fasttrack_type")
"""Empty in the database, null to everyone else."""


def stored(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields as the model keeps them."""
    return {name: "" if value is None and name in TEXT_OR_NOTHING else value for name, value in fields.items()}


def check_terms(template: BonusTemplate) -> None:
    """Raises `ConfigInvalid` and `RulesInvalid`."""
    check_config(template.type, template.config)
    check_rules(
        type=template.type,
        wagering_basis=template.wagering_basis,
        multiplier=template.wagering_requirement_multiplier,
        game_contribution=template.game_contribution,
    )


def terms_of(template: BonusTemplate) -> dict[str, Any]:
    """As a revision keeps them."""
    values = {name: getattr(template, name) for name in TERMS_FIELDS}
    values |= {name: values[name] or None for name in TEXT_OR_NOTHING}
    values["wagering_requirement_multiplier"] = Decimal(str(values["wagering_requirement_multiplier"]))
    return to_json(Terms(**values))


def add_revision(template: BonusTemplate, *, number: int, by: str) -> TermsRevision:
    """The terms as they stand now; `template.revision_id` is the id it gets."""
    return TermsRevision.objects.create(
        id=template.revision_id, template=template, number=number, terms=terms_of(template), created_by=by
    )
