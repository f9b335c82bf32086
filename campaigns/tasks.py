"""The entry points of workers and schedule; all work is in `campaigns.fanout`."""

import uuid

from celery import shared_task

from campaigns.fanout import hint, run
from campaigns.fanout import tick as ticks
from integrations.queues import Queue


@shared_task(queue=Queue.FANOUT.value)
def fan_out(campaign_id: str) -> None:
    """Yields after a while, so that other campaigns get their turn, and asks to be called again."""
    if run.fan_out(uuid.UUID(campaign_id)):
        hint.wake(uuid.UUID(campaign_id))


@shared_task(queue=Queue.SWEEPS.value)
def tick() -> None:
    ticks.tick()
