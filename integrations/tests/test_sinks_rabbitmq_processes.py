"""A connection is never shared between processes."""

import multiprocessing

from integrations.sinks.base import DELIVERED
from integrations.tests.rabbit import link, message, numbers, send, sink_of
from scripts.eyes.rabbitmq import RabbitEye


def test_a_forked_process_makes_a_connection_of_its_own(rabbit: RabbitEye) -> None:
    sink = sink_of(rabbit)
    assert send(sink, message(1)) == [DELIVERED]
    before = link()

    def in_child() -> None:
        assert send(sink, message(2)) == [DELIVERED]
        assert link() is not before

    child = multiprocessing.get_context("fork").Process(target=in_child)
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert link() is before
    assert send(sink, message(3)) == [DELIVERED]
    assert link() is before
    assert numbers(rabbit.read()) == [1, 2, 3]
