import uuid

from django.db import transaction
from django.db.models import ProtectedError

from bonuses.models import BonusTemplate, Grant
from bonuses.models.template import TemplateStatus
from bonuses.services.change_template import lock_template
from bonuses.services.template_history import signed

IN_USE = "It was to be removed, and is in use."


@transaction.atomic
def remove_template(*, template_id: uuid.UUID, by: str) -> None:
    """Delete a template that nothing was made from, and archive one that something was. Raises `TemplateNotFound`."""
    template = signed(lock_template(template_id), by=by)
    if not _deleted(template):
        template.status = TemplateStatus.ARCHIVED
        signed(template, by=by, reason=IN_USE).save(update_fields=["status", "updated_at"])


def _deleted(template: BonusTemplate) -> bool:
    # Asked first, because Django would load every one of the grants only to say that there are some.
    if Grant.objects.filter(template=template).exists():
        return False
    try:
        template.delete()
    except ProtectedError:
        # Another app uses it. Nothing is deleted by then.
        return False
    return True
