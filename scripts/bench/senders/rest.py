"""urllib3's pool, and as many threads as the product has; each takes the next event."""

from concurrent.futures import ThreadPoolExecutor

import urllib3

from scripts.bench.base import BenchFailed
from scripts.bench.senders.job import HEADERS, Job, Run


def prepare(job: Job) -> Run:
    pool = urllib3.PoolManager(maxsize=job.concurrency, retries=False, timeout=urllib3.Timeout(connect=2, read=3))
    url, body = f"{job.target}/v1/integration/bonus", job.body.encode()
    event_ids = job.event_ids()

    def post(event_id: str) -> None:
        headers = {**HEADERS, "X-Api-Key": "bench", "Idempotency-Key": event_id}
        response = pool.request("POST", url, body=body, headers=headers, redirect=False)
        if response.status != 200:
            raise BenchFailed(f"The receiver answered {response.status}.")

    def run() -> int:
        with ThreadPoolExecutor(job.concurrency) as threads:
            for start in range(0, len(event_ids), job.batch):
                list(threads.map(post, event_ids[start : start + job.batch]))
        return job.events

    return run
