"""That `make bench` runs; never how fast."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import service

ROOT = Path(__file__).resolve().parent.parent.parent
BY_CALLER = {
    *(
        f"{what}, {who}"
        for what in ("a page of 50", "a template")
        for who in ("internal secret", "Clerk token", "session")
    ),
    "a page of 50, Clerk token, each a new one",
}
OF_EVENTS = {
    *(f"deliver to {where}" for where in ("Kafka", "RabbitMQ", "REST")),
    *(f"memory while 2,000 wait for `{sink}`" for sink in ("file", "kafka")),
    *(f"from commit to {where}, {what}" for where in ("Kafka", "RabbitMQ") for what in ("median", "99th percentile")),
}
OF_CAMPAIGNS = {
    "snapshot of 2,000 recipients",
    "promise 60 grants",
    "write 60 answers, an event each",
    *(f"a campaign of 40{where}" for where in ("", ", 20 ms away", ", 100 ms away, two workers")),
    "memory of a worker, campaign of 60",
    "`GET` of a campaign with 2,000 recipients",
}
OF_THE_DESK = {
    "the dearest page of the admin, 200 grants, players and recipients",
    "a page of the admin that counts an audience anew, 200 players",
    "statements of the page of the admin that asks most",
}


@pytest.mark.timeout(600)
def test_every_row_is_measured() -> None:
    service("TEST_DATABASE_URL")
    service("TEST_REDIS_URL")
    service("TEST_RABBITMQ_URL")
    service("TEST_KAFKA_SERVERS")
    document = (ROOT / "docs" / "performance.md").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench", "--quick"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((ROOT / "var" / "bench" / "partial.json").read_text())["rows"]
    named = {row["name"].partition(" (")[0].partition(" at depth")[0] for row in rows}
    others = {"issue a grant", "apply a signed webhook", "a page of 50"}
    assert named == {*others, *BY_CALLER, *OF_EVENTS, *OF_CAMPAIGNS, *OF_THE_DESK}
    assert all(value > 0 for row in rows for value in (*row["ours"], *row["other"]))
    assert (ROOT / "docs" / "performance.md").read_text() == document
