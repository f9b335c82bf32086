"""Servers of one's own, that a test may kill and start again."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pika
import psycopg
import pytest
import redis

from scripts.services import postgresql as postgresql_server
from scripts.services import private as module
from scripts.services import process, rabbitmq, records
from scripts.services.private import PrivateServer, private

ROOT = Path(__file__).resolve().parent.parent.parent
needs_redis = pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server on this machine")
needs_rabbitmq = pytest.mark.skipif(not rabbitmq.program(), reason="no rabbitmq-server on this machine")
needs_postgresql = pytest.mark.skipif(
    not postgresql_server.program("postgres"), reason="no PostgreSQL server on this machine"
)
LEFT_BEHIND = """
import os, sys
from scripts.services.private import private
server = private("redis")
server.start()
print(server.is_alive, server.pid, server.data, flush=True)
os._exit(1)
"""


def killed_and_back(server: PrivateServer, sig: signal.Signals = signal.SIGKILL) -> None:
    """On the same address, as another process."""
    url, pid = server.url, server.pid
    server.kill(sig)
    assert not server.is_alive
    server.start()
    assert (server.url, server.pid == pid) == (url, False)


@needs_redis
def test_killed_redis_comes_back_empty_and_ends_without_a_trace() -> None:
    with private("redis") as server:
        data, record = server.data, records.FOLDER / f"{server.data.name}.json"
        assert record.exists()
        with redis.Redis.from_url(server.url) as client:
            client.set("key", "value")
        killed_and_back(server)
        with redis.Redis.from_url(server.url) as client:
            assert client.keys() == []
        pid = server.pid
    assert process.started(pid) == ""
    assert not data.exists()
    assert not record.exists()


@needs_redis
def test_private_server_of_a_dead_process_is_ended_by_whoever_comes_next() -> None:
    done = subprocess.run([sys.executable, "-c", LEFT_BEHIND], cwd=ROOT, capture_output=True, text=True, check=False)
    was_alive, pid, data = done.stdout.split()
    assert was_alive == "True"
    with private("redis") as mine:
        assert process.started(int(pid)) == ""
        assert not Path(data).exists()
        module.end_abandoned()
        assert mine.is_alive


@needs_postgresql
@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGQUIT])
def test_killed_postgresql_keeps_what_was_committed(sig: signal.Signals) -> None:
    with private("postgresql") as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
            backend = connection.info.backend_pid
            server.kill(sig)
            assert process.started(backend) == ""
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]
        assert "database system was not properly shut down" in server.log.read_text()


@needs_rabbitmq
def test_killed_rabbitmq_leaves_no_process_and_keeps_a_persistent_message() -> None:
    with private("rabbitmq") as server:
        with pika.BlockingConnection(pika.URLParameters(server.url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare("kept", durable=True)
            channel.basic_publish("", "kept", b"body", pika.BasicProperties(delivery_mode=2), mandatory=True)
        family = {pid: process.started(pid) for pid in process.descendants(server.pid)}
        assert "epmd" in {Path(f"/proc/{pid}/comm").read_text().strip() for pid in family}
        os.kill(server.pid, signal.SIGKILL)
        process.wait_until_gone(family)
        assert [pid for pid in family if process.started(pid)] == []
        server.start()
        with pika.BlockingConnection(pika.URLParameters(server.url)) as connection:
            assert connection.channel().basic_get("kept", auto_ack=True)[2] == b"body"
