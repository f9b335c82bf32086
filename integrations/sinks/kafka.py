"""Events in Kafka transactions: readers with `read_committed` see each exactly once, whatever is killed and when.

A batch is noted with the offsets it is to begin at, sent, and committed; who finds a note takes over the transactional
id, which ends the transaction one way or the other, and reads the topic back from there.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings

from integrations.failpoints import failpoint
from integrations.models import OutgoingEvent
from integrations.sinks.base import DELIVERED, UNTRIED, Flight, Journal, Message, NeedsPerson, Outcome, Refused, Trouble
from integrations.sinks.kafka_link import Link
from integrations.sinks.kafka_options import client_config, producer_config, reader_config
from integrations.sinks.kafka_producer import Spoilt
from integrations.sinks.kafka_recovery import Mark, Unfinished, read_back
from integrations.sinks.kafka_trouble import KafkaTrouble, TopicMissing
from integrations.sinks.kept import Kept

log = structlog.get_logger(__name__)

CONNECT_SECONDS, READ_SECONDS = 4.0, 4.0
FLUSH_GRACE, COMMIT_GRACE = 1.0, 3.0
"""What is under way at the deadline ends so long after it."""

_links: Kept[Link] = Kept()


class KafkaSink:
    batch_size = 4000

    def __init__(
        self,
        *,
        servers: str,
        topic: str,
        transactional_id: str,
        options: Mapping[str, Any],
        connect_seconds: float,
        read_seconds: float,
    ) -> None:
        self.topic = topic
        self.connect_seconds, self.read_seconds = connect_seconds, read_seconds
        self._producer = producer_config(servers=servers, transactional_id=transactional_id, options=options)
        self._client = client_config(servers=servers, options=options)
        self._reader = reader_config(self._client, group=transactional_id)
        self._key = json.dumps([self._producer, topic], sort_keys=True)
        self._epoch = 0
        self._doubt = ""
        """Why it isn't known whether the last batch was committed. Nothing is sent until `start` has found out."""

    @classmethod
    def from_settings(cls) -> "KafkaSink":
        return cls(
            servers=settings.FASTTRACK_KAFKA_BOOTSTRAP_SERVERS,
            topic=settings.FASTTRACK_KAFKA_TOPIC,
            transactional_id=settings.FASTTRACK_KAFKA_TRANSACTIONAL_ID,
            options=settings.FASTTRACK_KAFKA_OPTIONS,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
        )

    def start(self, epoch: int, journal: Journal) -> Sequence[int]:
        self._epoch, self._journal, self._doubt = epoch, journal, ""
        flight = journal.read()
        link = self._link()
        if flight is None and link.goes_on(epoch):
            return ()
        # The others are fenced by the next one, which is made when there is something to send or to look for.
        link.drop()
        return self._arrived(flight) if flight else ()

    def _link(self) -> Link:
        return _links.get(self._key, lambda: Link(self.topic, self._producer, self._client, self.batch_size))

    def _arrived(self, flight: Flight) -> list[int]:
        link = self._link()
        rows = OutgoingEvent.objects.filter(id__in=flight.ids).order_by("id").values_list("event_id", "id")
        ids = {str(event_id): pk for event_id, pk in rows}
        mark = Mark.from_json(flight.mark)
        try:
            link.fence(mark.transactional_id, seconds=self.connect_seconds)
            link.take_over(self._epoch, seconds=self.connect_seconds)
            found = read_back(
                mark,
                ids.keys(),
                cluster=link.cluster,
                config=self._reader,
                until=time.monotonic() + self.read_seconds,
            )
        except Unfinished as unfinished:
            self._journal.write(Flight(flight.ids, unfinished.reached.as_json()))
            raise
        except KafkaTrouble as trouble:
            link.drop()
            if isinstance(trouble, TopicMissing) and mark.topic != self.topic:
                raise NeedsPerson(f"{trouble} A batch for it was in flight when the setting was changed.") from trouble
            raise
        log.info("kafka.read_back", noted=len(flight.ids), arrived=len(found))
        return [ids[event_id] for event_id in found]

    def send(self, batch: Sequence[Message], *, deadline: float) -> list[Outcome]:
        """One committed transaction at most: what it holds stays noted until it is settled."""
        if self._doubt:
            return [Trouble(self._doubt)] * len(batch)
        link = self._link()
        try:
            outcomes = self._send(link, batch, deadline)
        except KafkaTrouble as trouble:
            link.drop()
            return [Trouble(self._doubt or str(trouble))] * len(batch)
        except BaseException:
            link.drop()
            raise
        return [outcomes.get(message.id, UNTRIED) for message in batch]

    def _send(self, link: Link, batch: Sequence[Message], deadline: float) -> dict[int, Outcome]:
        while (left := deadline - time.monotonic()) > 0:
            link.be_ready(self._epoch, seconds=min(left, self.connect_seconds))
            attempt = batch[: link.limit]
            try:
                self._transact(link, attempt, deadline)
            except Spoilt as spoilt:
                # This producer would go on with a gap in its numbering, and what followed would be refused for that.
                link.producer.abort(until=deadline + COMMIT_GRACE)
                link.drop()
                log.warning("kafka.batch_refused", events=len(attempt), reason=str(spoilt))
                if spoilt.message is not None or len(attempt) == 1:
                    link.limit = self.batch_size
                    return {(spoilt.message or attempt[0]).id: Refused(f"Kafka: {spoilt}")}
                link.limit = len(attempt) // 2
            else:
                link.limit = min(link.limit * 2, self.batch_size)
                return {message.id: DELIVERED for message in attempt}
        return {}

    def _transact(self, link: Link, batch: Sequence[Message], deadline: float) -> None:
        """All of the batch, or none of it."""
        self._journal.write(Flight(tuple(message.id for message in batch), link.mark().as_json()))
        failpoint("kafka.noted")
        link.producer.begin()
        link.producer.put(self.topic, batch, until=deadline)
        link.producer.flush(until=deadline + FLUSH_GRACE)
        failpoint("kafka.produced")
        self._doubt = "Whether the last batch was committed isn't known yet."
        try:
            link.producer.commit(until=deadline + COMMIT_GRACE)
        except KafkaTrouble as trouble:
            self._doubt = f"{trouble}; whether it was committed isn't known yet."
            raise
        self._doubt = ""
        failpoint("kafka.committed")
