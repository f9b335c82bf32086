"""What keeps the promises, how to take each out, and the runs that are to notice."""

from dataclasses import dataclass

RACES = ("life: everything at once",)
FROZEN = ("frozen at outbox.after_send",)
EVENTS, DELIVERIES = "integrations_outgoingevent", "integrations_webhookdelivery"
LEASE, SETTLE, PICK = "integrations/outbox/lease.py", "integrations/outbox/settle.py", "integrations/outbox/pick.py"
WAVE, BY_CHUNK = "campaigns/fanout/wave.py", "campaigns/fanout/settle.py"
KAFKA, RABBITMQ = "integrations/sinks/kafka.py", "integrations/sinks/rabbitmq.py"


@dataclass(frozen=True)
class Edit:
    file: str
    old: str
    """Stands there exactly once."""
    new: str


@dataclass(frozen=True)
class Guard:
    name: str
    taken_out: str
    runs: tuple[str, ...]
    edits: tuple[Edit, ...] = ()
    sql: str = ""
    backed_up_by: str = ""
    """Another guard that holds alone: without this one no run fails, and none is expected to."""


def dropped(table: str, *constraints: str) -> str:
    return ";".join(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name in constraints)


EPOCH_IN_STATE = Edit(LEASE, ".filter(sink=lease.sink, epoch=lease.epoch).update(", ".filter(sink=lease.sink).update(")
EPOCH_IN_ROWS = Edit(
    SETTLE, "SinkState.objects.filter(sink=lease.sink, epoch=lease.epoch)", "SinkState.objects.filter(sink=lease.sink)"
)
KEY, ID = "one_event_per_status_and_life", "event_created_once_per_sink"
SLOT = "grant_holds_its_slot_alone"
NO_REQUEST = "DROP INDEX grant_request_key_once"

CHUNK_LOCK = Edit(BY_CHUNK, "Chunk.objects.select_for_update(no_key=True).get(", "Chunk.objects.get(")
WRITTEN = Edit(
    "campaigns/fanout/marks.py", "    if written != len(marks):\n        raise RecipientChangedMeanwhile\n", ""
)
CHUNKS = "campaigns_chunk"

GUARDS = [
    Guard(
        "event unique by grant, key and sink",
        f"constraint `{KEY}`",
        ("two processes record one event",),
        sql=dropped(EVENTS, KEY),
        backed_up_by="the unique event id, which is made of grant and key",
    ),
    Guard(
        "event unique by id and sink",
        f"constraint `{ID}`",
        ("two processes record one event",),
        sql=dropped(EVENTS, ID),
        backed_up_by="the unique (grant, key, sink), of which the id is made",
    ),
    Guard(
        "event unique at all",
        "both constraints",
        ("two processes record one event",),
        sql=dropped(EVENTS, KEY, ID),
    ),
    Guard(
        "webhook counted once",
        "constraint `webhook_event_counted_once`",
        RACES,
        sql=dropped(DELIVERIES, "webhook_event_counted_once"),
    ),
    Guard(
        "Idempotency-Key unique",
        "constraint `idempotency_key_of_a_caller`",
        RACES,
        sql=dropped("bonusdesk_idempotencykey", "idempotency_key_of_a_caller"),
    ),
    Guard(
        "grant unique by its request's key",
        "the unique index of `request_key`",
        RACES,
        sql=NO_REQUEST,
        backed_up_by="the slot: two tries of one request have seen the same slot free",
    ),
    Guard("grant unique by key or slot", "both", RACES, sql=f"{NO_REQUEST};{dropped('bonuses_grant', SLOT)}"),
    Guard(
        "slot held alone",
        "constraint `grant_holds_its_slot_alone`",
        RACES,
        sql=dropped("bonuses_grant", SLOT),
    ),
    Guard(
        "claim before the platform's call",
        "the claim's conditions",
        RACES,
        edits=(
            Edit(
                "bonuses/services/claim.py",
                "if not unchanged.unclaimed(now).update(**fields):",
                "if not Grant.objects.filter(pk=grant.pk).update(**fields):",
            ),
        ),
    ),
    Guard(
        "lease of a sink",
        "`acquire` takes it whoever has it",
        FROZEN,
        edits=(
            Edit(
                LEASE,
                "free = Q(leased_until__isnull=True) | Q(leased_until__lte=Now())",
                "free = Q(sink=sink)",
            ),
        ),
    ),
    Guard("epoch of a lease, on the sink's row", "`WHERE epoch = mine`", FROZEN, edits=(EPOCH_IN_STATE,)),
    Guard(
        "epoch of a lease, on the events' rows",
        "`EXISTS (… epoch = mine)`",
        FROZEN,
        edits=(EPOCH_IN_ROWS,),
        backed_up_by="the same condition on the sink's row, which the same transaction has written, and locked, before",
    ),
    Guard("epoch of a lease, anywhere", "both", FROZEN, edits=(EPOCH_IN_STATE, EPOCH_IN_ROWS)),
    Guard(
        "Kafka's read-back",
        "`start` believes that nothing arrived",
        ("kill kafka at kafka.committed",),
        edits=(Edit(KAFKA, "return self._arrived(flight) if flight else ()", "return ()"),),
    ),
    Guard(
        "Kafka's note of the batch in flight",
        "nothing is written to the journal",
        ("kill kafka at kafka.committed",),
        edits=(
            Edit(
                KAFKA,
                "self._journal.write(Flight(tuple(message.id for message in batch), link.mark().as_json()))",
                "link.mark()",
            ),
        ),
    ),
    Guard(
        "RabbitMQ's connection thrown away after a confirm time-out",
        "it is used again",
        ("rabbitmq: confirms come after the time-out",),
        backed_up_by="confirms that are counted as long as the channel lives: a late one still means its own message",
        edits=(
            Edit(
                RABBITMQ,
                "            _throw_away(link)\n            if not isinstance",
                "            if not isinstance",
            ),
        ),
    ),
    Guard(
        "RabbitMQ's late confirms, kept apart from other messages'",
        "the connection is used again, unasked, and each wave counts from 1",
        ("rabbitmq: confirms come after the time-out",),
        edits=(
            Edit(
                RABBITMQ,
                "            _throw_away(link)\n            if not isinstance",
                "            if not isinstance",
            ),
            Edit(RABBITMQ, "if link.is_alive():", "if link:"),
            Edit(
                RABBITMQ,
                "        first = link.confirms.last + 1\n",
                "        link.confirms.__init__()\n        first = link.confirms.last + 1\n",
            ),
        ),
    ),
    Guard(
        "RabbitMQ's returned messages",
        "they count as delivered",
        ("rabbitmq: the queue is unbound",),
        edits=(
            Edit(
                "integrations/sinks/rabbitmq_link.py",
                "if self.returned and (reason := self.returned.get(str(message.event_id))):",
                'if (reason := ""):',
            ),
        ),
    ),
    Guard(
        "order per grant: later events wait for a parked one",
        "they are picked all the same",
        ("poison for rest is mended",),
        edits=(Edit(PICK, "waiting(sink).filter(is_free)", "waiting(sink)"),),
    ),
    Guard(
        "order per grant: later events of a batch wait for one that met trouble (REST)",
        "they are sent all the same",
        ("rest: the receiver answers 503",),
        edits=(
            Edit(
                "integrations/sinks/rest.py",
                "            if outcome is not DELIVERED:\n                return\n",
                "",
            ),
        ),
    ),
    Guard(
        "order per grant: later events of a batch wait for one that met trouble (RabbitMQ)",
        "they are sent all the same",
        ("poison for rabbitmq is mended",),
        edits=(Edit(RABBITMQ, "len(row) > step + 1 and outcomes[row[step].id] is DELIVERED]", "len(row) > step + 1]"),),
    ),
    Guard(
        "chunk's row, locked by who counts",
        "`settle` reads it and does not lock it",
        ("campaign: two settle one chunk",),
        edits=(CHUNK_LOCK,),
        backed_up_by="the count of recipients that were pending until now, else all is undone",
    ),
    Guard(
        "recipients counted as they really changed",
        "it does not matter how many were pending until now",
        ("campaign: two settle one chunk",),
        edits=(WRITTEN,),
        backed_up_by="the lock on the chunk's row: nobody else changes them meanwhile",
    ),
    Guard(
        "exact numbers of a chunk",
        "both, and the constraints that keep the numbers from becoming absurd",
        ("campaign: two settle one chunk",),
        edits=(CHUNK_LOCK, WRITTEN),
        sql=dropped(CHUNKS, "campaigns_chunk_pending_check", "chunk_untouched_are_pending"),
    ),
    Guard(
        "epoch of a chunk's lease",
        "`WHERE epoch = mine`",
        ("campaign: a late worker",),
        edits=(Edit(WAVE, ".filter(pk=lease.chunk_id, epoch=lease.epoch)", ".filter(pk=lease.chunk_id)"),),
    ),
    Guard(
        "slot held alone, when many are promised",
        f"constraint `{SLOT}`",
        ("campaign: one template in three",),
        sql=dropped("bonuses_grant", SLOT),
    ),
    Guard(
        "claim in the commit that promises",
        "the sweep finds the grants due at once",
        ("campaign: leases stolen",),
        edits=(
            Edit(
                "bonuses/services/bulk/groups.py",
                '            "claimed_until": until,\n            "next_attempt_at": until,\n',
                '            "claimed_until": None,\n            "next_attempt_at": now,\n',
            ),
        ),
    ),
    Guard(
        "id of a recipient's grant: worked out",
        "it is drawn",
        ("campaign: killed at every failpoint",),
        edits=(
            Edit(
                "campaigns/fanout/ids.py",
                "    return uuid.UUID(int=millis << 80 |",
                "    return uuid.uuid4() or uuid.UUID(int=millis << 80 |",
            ),
        ),
        backed_up_by="the transaction that promises and marks the recipient, under the lock of his chunk",
    ),
    Guard(
        "chunk's counters, in the transaction of its recipients",
        "they are written after it",
        ("campaign: killed at every failpoint",),
        edits=(
            Edit(
                BY_CHUNK,
                "        count(locked, settled.marks)\n",
                "",
            ),
            Edit(
                BY_CHUNK,
                '    failpoint("fanout.settled")\n',
                '    failpoint("fanout.settled")\n    count(locked, settled.marks)\n',
            ),
        ),
    ),
]
