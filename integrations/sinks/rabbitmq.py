import time
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from integrations.failpoints import failpoint
from integrations.sinks.base import DELIVERED, UNTRIED, Journal, Message, Outcome, Refused, Trouble
from integrations.sinks.kept import Kept
from integrations.sinks.rabbitmq_address import Address, options_fault, url_fault
from integrations.sinks.rabbitmq_link import BROKEN, STEP_SECONDS, Link

CONFIRM_SECONDS = 5.0
GRACE_SECONDS = 2.0
"""Confirms are not waited for beyond the deadline and this."""
POISON = frozenset({311, 406})
"""Replies by which the broker closes a channel because of a message itself, such as one that is too large."""

_kept: Kept[Link] = Kept()


class RabbitMqSink:
    """Publishes in waves, of which each has at most one event of a grant, and counts the broker's confirms.

    So two events of a grant are never under way together: else the second could be taken where the first was not.
    Delivered is what the broker has routed and confirmed. What it can't route, or nacks, is trouble.
    """

    batch_size = 2000

    def __init__(
        self, address: Address, *, confirm_seconds: float = CONFIRM_SECONDS, step_seconds: float = STEP_SECONDS
    ) -> None:
        self.address = address
        self.confirm_seconds = confirm_seconds
        self.step_seconds = step_seconds

    @classmethod
    def from_settings(cls) -> "RabbitMqSink":
        if fault := url_fault(settings.FASTTRACK_RABBITMQ_URL):
            raise ImproperlyConfigured(f"FASTTRACK_RABBITMQ_URL: {fault}.")
        if fault := options_fault(settings.FASTTRACK_RABBITMQ_OPTIONS):
            raise ImproperlyConfigured(f"FASTTRACK_RABBITMQ_OPTIONS: {fault}.")
        return cls(
            Address(
                url=settings.FASTTRACK_RABBITMQ_URL,
                exchange=settings.FASTTRACK_RABBITMQ_EXCHANGE,
                routing_key=settings.FASTTRACK_RABBITMQ_ROUTING_KEY,
                **settings.FASTTRACK_RABBITMQ_OPTIONS,
            )
        )

    def start(self, epoch: int, journal: Journal) -> Sequence[int]:
        """Nothing was in flight that `send` would not mend."""
        return ()

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        grants: dict[uuid.UUID, list[Message]] = {}
        for message in batch:
            grants.setdefault(message.grant_id, []).append(message)
        rows = list(grants.values())
        step = 0
        while rows and self._send_wave([row[step] for row in rows], outcomes, deadline):
            rows = [row for row in rows if len(row) > step + 1 and outcomes[row[step].id] is DELIVERED]
            step += 1
        return [outcomes.get(message.id, UNTRIED) for message in batch]

    def _send_wave(self, wave: Sequence[Message], outcomes: dict[int, Outcome], deadline: float) -> bool:
        """Notes what became of those that went. False when nothing more should be sent now."""
        if time.monotonic() >= deadline:
            return False
        try:
            link = self._link()
        except BROKEN as refusal:
            outcomes[wave[0].id] = Trouble(self._reason(refusal))
            return False
        first = link.confirms.last + 1
        error = self._publish(link, wave, deadline)
        went = wave[: link.confirms.last + 1 - first]
        trouble = Trouble(self._reason(error)) if error else None
        for tag, message in enumerate(went, first):
            outcomes[message.id] = link.trouble_with(tag, message, trouble) or DELIVERED
        suspects = [message for tag, message in enumerate(went, first) if tag in link.confirms.unanswered]
        if suspects and getattr(error, "reply_code", 0) in POISON:
            return self._find_poison([*suspects, *wave[len(went) :]], str(error), outcomes, deadline)
        return error is None and len(went) == len(wave)

    def _find_poison(
        self, suspects: Sequence[Message], reason: str, outcomes: dict[int, Outcome], deadline: float
    ) -> bool:
        """The broker refused one of these, and doesn't say which. Some it has taken already: they come to it again."""
        if len(suspects) == 1:
            outcomes[suspects[0].id] = Refused(reason)
            return True
        half = len(suspects) // 2
        return all(self._send_wave(part, outcomes, deadline) for part in (suspects[:half], suspects[half:]) if part)

    def _publish(self, link: Link, wave: Sequence[Message], deadline: float) -> BaseException | None:
        """The error, if there was one; the link is closed and gone then."""
        try:
            link.publish(wave, deadline=deadline)
            failpoint("rabbitmq.published")
            link.wait(until=min(time.monotonic() + self.confirm_seconds, deadline + GRACE_SECONDS))
        except BaseException as error:
            _throw_away(link)
            if not isinstance(error, BROKEN):
                raise
            return error
        failpoint("rabbitmq.confirmed")
        return None

    def _link(self) -> Link:
        """The one from before if the broker still knows it, else a new one. Raises `BROKEN`."""
        link = _kept.get(self.address, self._connect)
        if link.is_alive():
            return link
        _throw_away(link)
        return _kept.get(self.address, self._connect)

    def _connect(self) -> Link:
        return Link(self.address, step_seconds=self.step_seconds)

    def _reason(self, error: BaseException) -> str:
        return f"{self.address.place}: {str(error) or repr(error)}"


def _throw_away(link: Link) -> None:
    _kept.drop()
    link.close()
