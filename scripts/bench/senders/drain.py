"""The database's part alone: take a batch, mark it, commit. Plain psycopg, one round trip a statement.

It reads by the index that we read by: by the primary key, which PostgreSQL prefers after a burst, it would crawl.
"""

import os

import psycopg

from scripts.bench.senders.job import Job, Run

TAKE = """
SELECT id, event_id, kind, grant_id, user_id, body FROM integrations_outgoingevent
WHERE sink >= %s AND sink <= %s AND delivered_at IS NULL AND skipped_at IS NULL AND parked_at IS NULL
ORDER BY sink, id LIMIT %s
"""
MARK = "UPDATE integrations_outgoingevent SET delivered_at = now(), attempts = attempts + 1 WHERE id = ANY(%s)"


def prepare(job: Job) -> Run:
    connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

    def run() -> int:
        done = 0
        while rows := connection.execute(TAKE, [job.sink, job.sink, job.batch]).fetchall():
            done += connection.execute(MARK, [[row[0] for row in rows]]).rowcount
        return done

    return run
