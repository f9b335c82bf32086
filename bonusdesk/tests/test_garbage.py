"""What a worker's process has loaded when it starts is not looked through again and again."""

import gc
from collections.abc import Iterator

import pytest
from celery import signals

from bonusdesk.garbage import SELDOM


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_a_workers_process_looks_for_garbage_seldom() -> None:
    gc.unfreeze()
    signals.worker_process_init.send(sender=None)
    assert gc.get_threshold()[0] == SELDOM
    assert gc.get_freeze_count() > 0
