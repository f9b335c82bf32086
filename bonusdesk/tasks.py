from celery import shared_task

from bonusdesk.api import keys
from integrations import retention
from integrations.queues import Queue


@shared_task(queue=Queue.DEFAULT.value)
def prune() -> None:
    retention.prune()
    keys.remove_old()
