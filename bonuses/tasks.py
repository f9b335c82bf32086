"""The schedule's entry points; all work is in the services."""

from celery import shared_task

from bonuses.services import sweep
from integrations.queues import Queue


@shared_task(queue=Queue.SWEEPS)
def retry_queued() -> None:
    sweep.retry_queued()


@shared_task(queue=Queue.SWEEPS)
def carry_out_wishes() -> None:
    sweep.carry_out_wishes()


@shared_task(queue=Queue.SWEEPS)
def expire_grants() -> None:
    sweep.expire_grants()


@shared_task(queue=Queue.SWEEPS)
def reconcile_grants() -> None:
    sweep.reconcile_grants()
