"""A campaign as most would write it first: a task for each player."""

import uuid

from celery import shared_task

from bonuses.lifecycle import Cause, CauseKind
from bonuses.services.issue import IssueRequest, issue
from integrations.queues import Queue


@shared_task(queue=Queue.FANOUT.value)
def give(template_id: str, player_id: str) -> None:
    request = IssueRequest(uuid.UUID(template_id), uuid.UUID(player_id), granted_by_kind="campaign")
    issue(request=request, cause=Cause(CauseKind.CAMPAIGN))
