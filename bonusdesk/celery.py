"""The Celery app. Messages are hints: the database says what is to be done, and the schedule finds what a hint lost."""

from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from celery import Celery, signals
from celery.schedules import crontab
from django.conf import settings
from django.db import close_old_connections
from kombu import Queue as Destination
from kombu.transport import TRANSPORT_ALIASES

from bonusdesk import garbage
from integrations.queues import Queue

TRANSPORT_ALIASES["filesystem"] = "bonusdesk.filesystem_broker:Transport"

# Who publishes is often a web request: a broker that is away may cost it this long, and the schedule makes up for it.
CONNECT_SECONDS = 1
ANSWER_SECONDS = 3


def transport_options(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "filesystem":
        return {"folder": "/" + unquote(parts.path).lstrip("/"), "polling_interval": 0.2}
    options: dict[str, Any] = {"max_retries": 0}
    if parts.scheme in {"redis", "rediss"}:
        options |= {
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": ANSWER_SECONDS,
            "socket_keepalive": True,
            # A task ends within seconds; what a killed worker held comes back after this.
            "visibility_timeout": 300,
        }
    elif parts.scheme in {"amqp", "amqps"}:
        options |= {"read_timeout": ANSWER_SECONDS, "write_timeout": ANSWER_SECONDS}
    return options


def tick(task: str, schedule: Any, queue: Queue, *, expires: float) -> dict[str, Any]:
    """An entry of the schedule. A tick that no worker took in time is dropped: the next one does the same."""
    return {"task": task, "schedule": schedule, "options": {"queue": queue.value, "expires": expires}}


SCHEDULE = {
    "deliver events": tick("integrations.tasks.deliver_all", 2.0, Queue.DELIVER, expires=2),
    "retry queued grants": tick("bonuses.tasks.retry_queued", 5.0, Queue.SWEEPS, expires=5),
    "carry out wishes": tick("bonuses.tasks.carry_out_wishes", 5.0, Queue.SWEEPS, expires=5),
    "carry campaigns on": tick("campaigns.tasks.tick", 2.0, Queue.SWEEPS, expires=2),
    "cancel many grants": tick("bonuses.tasks.cancel_many_grants", 5.0, Queue.SWEEPS, expires=5),
    "expire grants": tick("bonuses.tasks.expire_grants", 30.0, Queue.SWEEPS, expires=30),
    "reconcile grants": tick("bonuses.tasks.reconcile_grants", 600.0, Queue.SWEEPS, expires=300),
    "count grants": tick("bonuses.tasks.count_grants", 60.0, Queue.DEFAULT, expires=60),
    **(
        {"fetch exchange rates": tick("integrations.tasks.fetch_rates", 3600.0, Queue.DEFAULT, expires=600)}
        if settings.EXCHANGE_RATES_URL
        else {}
    ),
    # By the clock: an interval would start anew, and never end, where the scheduler is restarted every day.
    "prune": tick("bonusdesk.tasks.prune", crontab(hour="3", minute="17"), Queue.DEFAULT, expires=3600),
}
IN_FILES = settings.CELERY_BROKER_URL.startswith("filesystem:")
app = Celery("bonusdesk", set_as_current=True)
app.set_default()
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options=transport_options(settings.CELERY_BROKER_URL),
    broker_connection_timeout=CONNECT_SECONDS,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_publish_retry=False,
    # No results: what became of a task is in the database.
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_queues=[Destination(queue.value, routing_key=queue.value) for queue in Queue],
    task_default_queue=Queue.DEFAULT.value,
    task_create_missing_queues=False,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    # Remote control needs broadcasts, which only a real broker has.
    worker_enable_remote_control=not IN_FILES,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    timezone="UTC",
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule=SCHEDULE,
    beat_max_loop_interval=2,
    # Connections are kept from task to task and checked by `fresh_connections` below.
    CELERY_DB_REUSE_MAX=1_000_000,
)
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Django's logging is in force already; that there is a receiver keeps Celery from setting up its own."""


@signals.worker_process_init.connect
def look_for_garbage_seldom(**_: Any) -> None:
    garbage.settle()


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id:
        headers["request_id"] = request_id


@signals.task_prerun.connect
def fresh_connections(task: Any, task_id: str, **_: Any) -> None:
    if task.request.is_eager:
        return
    close_old_connections()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    if request_id := getattr(task.request, "request_id", None):
        structlog.contextvars.bind_contextvars(request_id=request_id)
