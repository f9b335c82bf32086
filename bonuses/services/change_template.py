import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from bonuses.models import BonusTemplate
from bonuses.services.issue import TemplateNotFound
from bonuses.services.template_history import signed, tracked
from bonuses.services.terms_revision import add_revision, check_terms, stored, terms_of
from bonuses.terms import RulesInvalid
from integrations.errors import DomainError
from integrations.ids import new_id


class TemplateChanged(DomainError):
    code = "CHANGED_MEANWHILE"

    def __init__(self, by: str) -> None:
        super().__init__(
            f"{by or 'Somebody'} changed this template after the page had been opened; its history says what. "
            "Nothing of yours is saved yet: send it again if it is still right."
        )


@transaction.atomic
def change_template(
    *,
    template_id: uuid.UUID,
    changes: dict[str, Any],
    by: str,
    reason: str = "",
    unchanged_since: datetime | None = None,
) -> BonusTemplate:
    """Change the fields that are named. New terms are a new revision: grants stay under the one they were made under.

    Raises `TemplateNotFound`, `ConfigInvalid` and `RulesInvalid`; the type can't be changed. Raises `TemplateChanged`
    when the template is not as it was last changed at `unchanged_since`.
    """
    template = lock_template(template_id)
    if unchanged_since is not None and template.updated_at != unchanged_since:
        last = template.history.first()
        raise TemplateChanged(last.history_user if last else "")
    before = tracked(template)
    if changes.get("type", template.type) != template.type:
        raise RulesInvalid("The type of a template can't be changed.", type="Can't be changed.")
    for name, value in stored(changes).items():
        setattr(template, name, value)
    check_terms(template)
    written = {*changes, "updated_at"}
    if terms_of(template) != template.revision.terms:
        number = template.revision.number + 1
        template.revision_id = new_id()
        add_revision(template, number=number, by=by)
        written.add("revision")
    if tracked(template) == before:
        template.skip_history_when_saving = True
    signed(template, by=by, reason=reason).save(update_fields=written)
    return template


def lock_template(template_id: uuid.UUID) -> BonusTemplate:
    """The row as it is now, and nobody else's until the transaction ends."""
    # Without a join: who had to wait would have PostgreSQL look for the new row beside the old one's revision, in vain.
    template = BonusTemplate.objects.select_for_update().filter(pk=template_id).first()
    if template is None:
        raise TemplateNotFound(f"There is no bonus template {template_id}.")
    return template
