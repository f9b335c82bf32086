from typing import Any

from django.db import transaction

from bonuses.models import BonusTemplate
from bonuses.services.template_history import signed
from bonuses.services.terms_revision import add_revision, check_terms, stored
from integrations.ids import new_id


@transaction.atomic
def create_template(*, fields: dict[str, Any], by: str) -> BonusTemplate:
    """Make a template and the first revision of its terms. Amounts are minor units of `config["currency"]`.

    Raises `ConfigInvalid` and `RulesInvalid`.
    """
    template = BonusTemplate(**stored(fields), revision_id=new_id())
    check_terms(template)
    # Template and revision point at each other; the database looks at the end of the transaction.
    signed(template, by=by).save(force_insert=True)
    add_revision(template, number=1, by=by)
    return template
