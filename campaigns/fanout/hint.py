"""Asks a worker to go on with a campaign. A hint may be lost: the schedule finds what there is to do without it."""

import uuid

import structlog
from celery import current_app

from integrations.queues import Queue

log = structlog.get_logger(__name__)

EXPIRES_SECONDS = 10


def wake(campaign_id: uuid.UUID) -> None:
    """Never raises."""
    try:
        send(campaign_id)
    except Exception as error:
        log.warning("campaign.hint_failed", campaign_id=str(campaign_id), error=repr(error))


def send(campaign_id: uuid.UUID, *, expires: float = EXPIRES_SECONDS) -> None:
    """Raises what the broker's client raises."""
    current_app.send_task(
        "campaigns.tasks.fan_out", args=[str(campaign_id)], queue=Queue.FANOUT.value, expires=expires, retry=False
    )
