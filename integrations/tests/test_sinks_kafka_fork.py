"""A process that was forked from one with a producer makes its own, and leaves the parent's alone."""

import os
import signal

from integrations.sinks.base import DELIVERED
from integrations.tests.kafka_helpers import ids, messages, send, sink_on, started
from scripts.eyes.kafka import KafkaEye


def test_parent_and_child_send_by_turns(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye)
    started(sink)
    assert send(sink, messages(2)) == [DELIVERED] * 2
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        code = 1
        try:
            started(sink, epoch=2)
            code = 0 if send(sink, messages(2, first=3)) == [DELIVERED] * 2 else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    started(sink, epoch=3)
    assert send(sink, messages(2, first=5)) == [DELIVERED] * 2
    assert sorted(ids(kafka_eye.read())) == sorted(str(one.event_id) for one in messages(6))
