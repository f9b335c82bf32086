import uuid

import structlog
from django.utils import timezone

from integrations.models import Adapter

log = structlog.get_logger(__name__)


def switch(*, adapter_id: uuid.UUID, on: bool, by: str, reason: str) -> bool:
    """Let new bonuses go to a platform, or none for now. False: somebody has done just that already.

    What it has been promised is still carried out, and what it reports is still taken.
    """
    others = Adapter.objects.filter(pk=adapter_id, is_active=not on)
    if not others.update(is_active=on, updated_at=timezone.now()):
        return False
    log.warning("adapter_switched", adapter_id=str(adapter_id), on=on, by=by, reason=reason)
    return True
