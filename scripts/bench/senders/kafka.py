"""A transactional producer and nothing else: begin, produce a batch, commit, which waits for every acknowledgement."""

from confluent_kafka import Producer

from scripts.bench.senders.job import Job, Run

SECONDS = 30.0


def prepare(job: Job) -> Run:
    settings = {"bootstrap.servers": job.server, "transactional.id": f"{job.target}-bare", "acks": "all"}
    body, event_ids, user_ids = job.body.encode(), job.event_ids(), job.user_ids()

    def run() -> int:
        producer = Producer(settings)
        producer.init_transactions(SECONDS)
        for start in range(0, job.events, job.batch):
            producer.begin_transaction()
            for event_id, user_id in zip(
                event_ids[start : start + job.batch], user_ids[start : start + job.batch], strict=True
            ):
                headers: list[tuple[str, str | bytes | None]] = [("type", job.kind), ("event_id", event_id)]
                producer.produce(job.target, body, user_id, headers=headers)
            producer.commit_transaction(SECONDS)
        return job.events

    return run
