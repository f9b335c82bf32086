import contextlib
import time
from collections.abc import Sequence
from typing import Any

import amqp
import kombu
from amqp import spec
from amqp.exceptions import AMQPError, RecoverableConnectionError
from amqp.serialization import dumps

from integrations.sinks.base import Message, Trouble
from integrations.sinks.rabbitmq_address import Address
from integrations.sinks.rabbitmq_confirms import Confirms

BROKEN = (OSError, AMQPError)
"""What a link raises when it is of no use any more."""
STEP_SECONDS = 2.0
"""For each step of connecting (TCP, TLS, the few of AMQP), and for the broker to take what is written."""
ASK_AFTER_SECONDS = 1.0
LOOK_EVERY, LOOK_SECONDS = 500, 0.001


class Link:
    """A connection with one channel, whose confirms are counted here.

    After any error it is closed and never used again: a confirm that comes late must not be taken for another
    message's. The same goes for its channel, which the client would quietly open anew.
    """

    def __init__(self, address: Address, *, step_seconds: float = STEP_SECONDS) -> None:
        self.confirms = Confirms()
        self.returned: dict[str, str] = {}
        """Why, by `message_id`. The broker returns a message before it confirms it."""
        options = {"on_blocked": _raise_blocked}
        client = kombu.Connection(**address.arguments(), connect_timeout=step_seconds, transport_options=options)
        # Not by kombu's `connect`: that sleeps, and tries again.
        self._connection: Any = client.transport.establish_connection()
        try:
            # For every read and write from here on.
            self._connection.sock.settimeout(step_seconds)
            self._open_channel(address)
        except BaseException:
            self.close()
            raise

    def _open_channel(self, address: Address) -> None:
        channel = self._channel = self._connection.channel()
        channel.events["basic_ack"].add(self.confirms.ack)
        channel.events["basic_nack"].add(self.confirms.nack)
        channel.events["basic_return"].add(self._note_returned)
        channel.confirm_select()
        self._publish_arguments = dumps("Bssbb", (0, address.exchange, address.routing_key, True, False))
        self._used_at = time.monotonic()

    def is_alive(self) -> bool:
        """Asks the broker if it has not been heard of for a while."""
        rested = time.monotonic() - self._used_at
        if rested < ASK_AFTER_SECONDS:
            return True
        if 0 < self._connection.heartbeat <= rested:
            return False  # It heard no heartbeat of ours and may be closing the connection this moment.
        try:
            self._channel.confirm_select()  # Changes nothing, and has an answer.
        except BROKEN:
            return False
        return True

    def publish(self, messages: Sequence[Message], *, deadline: float) -> None:
        """As many as go before the deadline. Raises `BROKEN`."""
        self.returned.clear()
        self.confirms.nacked.clear()
        # Not by `basic_publish`: that looks for something to read each time, which takes as long as all the rest, and
        # waits for ever should it find half a frame.
        write, channel_id, arguments = self._connection.frame_writer, self._channel.channel_id, self._publish_arguments
        for number, message in enumerate(messages):
            if time.monotonic() >= deadline:
                return
            if number % LOOK_EVERY == LOOK_EVERY - 1:
                self._look()
            self.confirms.publish()
            write(1, channel_id, spec.Basic.Publish, arguments, _content(message))

    def wait(self, *, until: float) -> None:
        """Until everything is confirmed, one way or the other. Raises `BROKEN`."""
        while self.confirms.unanswered:
            seconds = until - time.monotonic()
            if seconds <= 0:
                raise TimeoutError("The broker's confirms took too long.")
            # Not by `drain_events`, which begins to wait anew at each heartbeat.
            with contextlib.suppress(TimeoutError):
                self._connection.blocking_read(timeout=seconds)
        self._used_at = time.monotonic()

    def trouble_with(self, tag: int, message: Message, broken: Trouble | None) -> Trouble | None:
        """`broken` is what became of those without an answer."""
        if self.returned and (reason := self.returned.get(str(message.event_id))):
            return Trouble(reason)
        if tag in self.confirms.nacked:
            return Trouble("The broker did not take it (nack). Is a queue full?")
        return broken if tag in self.confirms.unanswered else None

    def close(self) -> None:
        """Without a word to the broker, which may be dead."""
        if self._connection.connected:
            self._connection.sock.settimeout(0)  # TLS would wait for an answer to its own good-bye.
        self._connection.collect()

    def _look(self) -> None:
        """Read what is there: confirms, and whether the broker has anything against us."""
        with contextlib.suppress(TimeoutError):
            while True:
                self._connection.blocking_read(timeout=LOOK_SECONDS)

    def _note_returned(self, error: AMQPError, exchange: str, routing_key: str, message: amqp.Message) -> None:
        reason = f"{error.reply_code} {error.reply_text}: exchange {exchange!r}, routing key {routing_key!r}"
        self.returned[message.properties["message_id"]] = reason


def _content(message: Message) -> amqp.Message:
    return amqp.Message(
        message.body.encode(),
        content_type="application/json",
        delivery_mode=2,
        message_id=str(message.event_id),
        type=message.kind,
    )


def _raise_blocked(reason: str) -> None:
    """Nothing will be confirmed before the broker has memory or disk again."""
    raise RecoverableConnectionError(reason)
