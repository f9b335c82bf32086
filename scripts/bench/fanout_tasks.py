"""The same as most would write it first: a Celery task for each player, which issues as the API does."""

import time

from celery import current_app

from integrations.queues import Queue
from scripts.bench import fanout_people
from scripts.bench.base import BenchFailed
from scripts.bench.fanout_stage import Credits, Stage, one
from scripts.bench.fanout_whole import LOOK_SECONDS, SLOWEST, START_SECONDS
from scripts.bench.fanout_workers import Workers

TASK = "scripts.bench.fanout_app.tasks.give"


def per_second(stage: Stage, workers: Workers, count: int) -> float:
    """From the first task sent until the last player has it. They are sent by a process of its own: this one."""
    fanout_people.ensure(count)
    template_id, players, credited = stage.template(), fanout_people.ids(count), stage.credits()
    began = time.monotonic()
    for player_id in players:
        current_app.send_task(TASK, args=[template_id, player_id], queue=Queue.FANOUT.value)
    until = time.monotonic() + START_SECONDS + count / SLOWEST
    while _active(template_id) < count:
        workers.stack.check_alive()
        if time.monotonic() > until:
            raise BenchFailed(f"Of {count} tasks {_active(template_id)} have given something.")
        time.sleep(LOOK_SECONDS)
    seconds = time.monotonic() - began
    made = stage.credits().since(credited)
    if made != Credits(count, count):
        raise BenchFailed(f"The platform has credited {made}, of {count}.")
    return count / seconds


def _active(template_id: str) -> int:
    return int(one("SELECT count(*) FROM bonuses_grant WHERE template_id = %s AND status = 'active'", [template_id])[0])
