"""The one list of Celery queues; every task names one of these."""

from enum import StrEnum


class Queue(StrEnum):
    DEFAULT = "default"
    SWEEPS = "sweeps"
    DELIVER = "deliver"
    FANOUT = "fanout"
