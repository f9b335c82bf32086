from decimal import Decimal
from typing import Any

import pytest

from bonuses.models import BonusTemplate, TermsRevision
from bonuses.services.create_template import create_template
from bonuses.terms import ConfigInvalid, RulesInvalid

pytestmark = pytest.mark.django_db

FIELDS: dict[str, Any] = {
    "name": "Spins",
    "type": "free_spins",
    "config": {"count": 20, "value_per_spin": 10, "currency": "EUR", "eligible_games": []},
}


def test_first_revision_holds_the_terms() -> None:
    fields = {**FIELDS, "wagering_requirement_multiplier": Decimal("2.50"), "bonus_code": "SPIN", "max_win_cap": 5000}
    template = create_template(fields=fields, by="olga")
    template.refresh_from_db()
    revision = template.revision
    assert (revision.number, revision.created_by, revision.template_id) == (1, "olga", template.pk)
    assert revision.terms == {
        "type": "free_spins",
        "config": FIELDS["config"],
        "product": "Casino",
        "bonus_code": "SPIN",
        "wagering_requirement_multiplier": 2.5,
        "wagering_basis": "bonus",
        "max_bet_during_wagering": None,
        "max_bet_action": "forfeit",
        "time_limit_hours": None,
        "max_grants_per_player": 1,
        "game_contribution": {},
        "max_win_cap": 5000,
        "fasttrack_type": None,
    }


def test_nothing_in_a_text_field_is_stored_as_empty() -> None:
    template = create_template(fields={**FIELDS, "bonus_code": None, "fasttrack_type": None}, by="olga")
    template.refresh_from_db()
    assert (template.bonus_code, template.fasttrack_type) == ("", "")
    assert (template.revision.terms["bonus_code"], template.revision.terms["fasttrack_type"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"config": {}}, ConfigInvalid),
        ({"wagering_basis": "deposit"}, RulesInvalid),
        ({"wagering_requirement_multiplier": Decimal(-1)}, RulesInvalid),
        ({"game_contribution": {"slots": 101}}, RulesInvalid),
    ],
)
def test_refused_template_leaves_nothing(fields: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        create_template(fields={**FIELDS, **fields}, by="olga")
    assert (BonusTemplate.objects.count(), TermsRevision.objects.count()) == (0, 0)
