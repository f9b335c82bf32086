"""The schedule's entry points; all work is in the services."""

from celery import shared_task

from bonuses.services import cancel_many, sweep
from bonuses.services.count_grants import count_grants as count
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


@shared_task(queue=Queue.SWEEPS)
def cancel_many_grants() -> None:
    cancel_many.carry_on()


@shared_task(queue=Queue.DEFAULT)
def count_grants() -> None:
    count()
