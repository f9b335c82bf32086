"""What stands at the other end of each sink in one run: a queue, a topic, a journal, a file, of its own."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from scripts.eyes.base import Seen
from scripts.eyes.file import FileEye
from scripts.eyes.kafka import KafkaEye
from scripts.eyes.rabbitmq import RabbitEye
from scripts.eyes.rest_process import RestProcess
from scripts.faults.servers import Servers
from scripts.services import process

API_KEY = "only-for-the-fault-harness"
SERVER_OF = {"rabbitmq": "rabbitmq", "kafka": "kafka"}
"""The sinks that need a server; the others are met by a file and by a process of ours."""


class Receiver(Protocol):
    def read(self) -> list[Seen]:
        """All that was received since the beginning of the run, in order of receipt (Kafka: in order per key)."""
        ...

    def environment(self) -> Mapping[str, str]: ...

    def close(self) -> None: ...


class FileReceiver:
    def __init__(self, _servers: Servers, folder: Path) -> None:
        self.eye = FileEye(folder / "events.jsonl")

    def read(self) -> list[Seen]:
        return self.eye.read()

    def environment(self) -> Mapping[str, str]:
        return {"EVENT_FILE": str(self.eye.path)}

    def close(self) -> None:
        pass


class RestReceiver:
    """`eye.kill()` and `eye.start()`: the receiver goes and comes back, with its journal."""

    def __init__(self, _servers: Servers, folder: Path) -> None:
        self.eye = RestProcess(folder / "rest.jsonl", port=process.free_port())

    def read(self) -> list[Seen]:
        return self.eye.read()

    def environment(self) -> Mapping[str, str]:
        return {"FASTTRACK_REST_URL": self.eye.url, "FASTTRACK_REST_API_KEY": API_KEY}

    def close(self) -> None:
        self.eye.close()


class RabbitReceiver:
    def __init__(self, servers: Servers, _folder: Path) -> None:
        self.url = servers.get("rabbitmq").url
        self.name = f"faults-{secrets.token_hex(6)}"
        self.eye = RabbitEye(self.url, self.name, self.name, self.name)
        self.eye.declare()
        self._read: list[Seen] = []

    def read(self) -> list[Seen]:
        """The eye takes from the queue what it reads, so it is kept here."""
        self._read += self.eye.read()
        return list(self._read)

    def environment(self) -> Mapping[str, str]:
        return {
            "FASTTRACK_RABBITMQ_URL": self.url,
            "FASTTRACK_RABBITMQ_EXCHANGE": self.name,
            "FASTTRACK_RABBITMQ_ROUTING_KEY": self.name,
        }

    def close(self) -> None:
        pass


class KafkaReceiver:
    def __init__(self, servers: Servers, _folder: Path) -> None:
        self.servers = servers.get("kafka").url
        self.topic = f"faults-{secrets.token_hex(6)}"
        self.eye = KafkaEye(self.servers, self.topic)
        self.eye.create()

    def read(self) -> list[Seen]:
        return self.eye.read()

    def environment(self) -> Mapping[str, str]:
        return {
            "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "FASTTRACK_KAFKA_TOPIC": self.topic,
            "FASTTRACK_KAFKA_TRANSACTIONAL_ID": self.topic,
        }

    def close(self) -> None:
        pass


RECEIVERS: dict[str, Callable[[Servers, Path], Receiver]] = {
    "file": FileReceiver,
    "rest": RestReceiver,
    "rabbitmq": RabbitReceiver,
    "kafka": KafkaReceiver,
}
