"""What a reader of the topic gets, as a stranger sees it."""

from integrations.models import EventKind
from integrations.sinks.base import DELIVERED, UNTRIED, Message, Trouble
from integrations.tests.kafka_helpers import ids, messages, send, sink_on, started
from scripts.eyes.kafka import KafkaEye


def test_type_and_event_id_travel_as_headers_the_user_as_the_key_and_the_body_byte_for_byte(
    kafka_eye: KafkaEye,
) -> None:
    [bonus] = messages(1, body='{ "amount": 20.0,  "n": %d, "name": "Ünï\\u20ac" }')
    custom = Message(**{**_fields(bonus), "id": 2, "kind": EventKind.CUSTOM, "user_id": "spielerin-ß"})
    sink = sink_on(kafka_eye)
    started(sink)
    assert send(sink, [bonus, custom]) == [DELIVERED] * 2
    first, second = sorted(kafka_eye.read(), key=lambda seen: seen.kind)
    assert (first.kind, first.user_id, first.event_id) == ("BONUS", "player-1", str(bonus.event_id))
    assert first.body == '{ "amount": 20.0,  "n": 1, "name": "Ünï\\u20ac" }'.encode()
    assert first.details["headers"] == (("type", b"BONUS"), ("event_id", str(bonus.event_id).encode()))
    assert (second.kind, second.user_id) == ("CUSTOM", "spielerin-ß")


def test_the_events_of_a_grant_stand_in_one_partition_in_their_order_over_many_batches(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye)
    journal = started(sink)
    sent = messages(60, grants=7)
    for number in range(3):
        assert send(sink, sent[number * 20 : number * 20 + 20]) == [DELIVERED] * 20
    assert [flight.ids for flight in journal.written] == [tuple(range(n, n + 20)) for n in (1, 21, 41)]
    seen = kafka_eye.read()
    for grant in range(7):
        mine = [one for one in seen if one.user_id == f"player-{grant}"]
        assert ids(mine) == [str(one.event_id) for one in sent if one.id % 7 == grant]
        assert len({one.details["partition"] for one in mine}) == 1
    assert len(seen) == 60


def test_the_note_says_where_the_batch_is_to_begin(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye)
    journal = started(sink)
    for number in range(3):
        send(sink, messages(30, first=1 + 30 * number))
    seen = {one.event_id: one.details for one in kafka_eye.read()}
    for number, flight in enumerate(journal.written):
        for message in messages(30, first=1 + 30 * number):
            place = seen[str(message.event_id)]
            assert place["offset"] >= flight.mark["offsets"][str(place["partition"])]
        for message in messages(30 * number):
            place = seen[str(message.event_id)]
            assert place["offset"] < flight.mark["offsets"][str(place["partition"])]


def test_once_the_time_is_up_nothing_is_noted_or_sent(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye)
    journal = started(sink)
    assert send(sink, messages(3), seconds=-1) == [UNTRIED] * 3
    assert journal.written == []
    assert kafka_eye.read_uncommitted() == []


def test_one_producer_goes_on_from_lease_to_lease_until_somebody_else_had_one(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye)
    started(sink)
    send(sink, messages(1))
    producer = sink._link().producer
    again = sink_on(kafka_eye)
    started(again, epoch=2)
    send(again, messages(1, first=2))
    assert again._link().producer is producer
    started(again, epoch=4)
    send(again, messages(1, first=3))
    assert again._link().producer is not producer
    assert len(kafka_eye.read()) == 3


def test_a_topic_that_is_missing_is_trouble(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye, topic="test-missing")
    journal = started(sink)
    assert send(sink, messages(2)) == [Trouble("Kafka has no topic test-missing.")] * 2
    assert journal.written == []


def test_a_broker_that_is_away_is_trouble_within_the_time(kafka_eye: KafkaEye) -> None:
    sink = sink_on(kafka_eye, servers="127.0.0.1:1", connect_seconds=0.5)
    journal = started(sink)
    [trouble] = send(sink, messages(1))
    assert isinstance(trouble, Trouble)
    assert "127.0.0.1:1" in trouble.reason
    assert "Connection refused" in trouble.reason
    assert journal.written == []


def _fields(message: Message) -> dict[str, object]:
    return {name: getattr(message, name) for name in Message.__slots__}
