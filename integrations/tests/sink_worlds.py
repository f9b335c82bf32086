"""Each sink with a receiver of its own, and a stranger's eyes on what arrives there.

A new sink needs a world here, or the contract's tests fail for it.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from scripts.eyes.base import Seen
from scripts.eyes.file import FileEye
from scripts.eyes.kafka import KafkaEye
from scripts.eyes.rabbitmq import RabbitEye
from scripts.eyes.rest import RestEye
from scripts.faults.proxy import Proxy
from scripts.services.private import PrivateServer, private
from scripts.services.process import free_port

POISON = '{"poison":true}'


class SinkWorld:
    """Network sinks go through `proxy`."""

    settings: dict[str, Any]
    """By the names of the settings, which are those of the environment, too."""
    proxy: Proxy
    is_networked = True
    is_seen_once = False
    """Even after a crash."""
    carries_user_id = False
    poison = ""
    """A body that the receiver refuses for good, where there is such a thing."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        raise NotImplementedError

    def read(self) -> list[Seen]:
        """All that has arrived so far; events of one user in the order of their receipt."""
        raise NotImplementedError

    def cut(self) -> None:
        """The receiver is away: connections break, and new ones are refused."""
        self.proxy.cut()

    def resume(self) -> None:
        self.proxy.resume()

    def close(self) -> None:
        self.proxy.close()

    def environment(self) -> dict[str, str]:
        """The settings, for a process of its own."""
        return {
            name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in self.settings.items()
        }


class FileWorld(SinkWorld):
    is_networked = False

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.path = folder / "events" / "events.jsonl"
        self.settings = {"EVENT_FILE": str(self.path)}
        self._kept = self.path.with_suffix(".away")

    def read(self) -> list[Seen]:
        return FileEye(self.path).read()

    def cut(self) -> None:
        if self.path.exists():
            self.path.rename(self._kept)
        self.path.mkdir(parents=True)

    def resume(self) -> None:
        self.path.rmdir()
        if self._kept.exists():
            self._kept.rename(self.path)

    def close(self) -> None:
        pass


class RestWorld(SinkWorld):
    poison = POISON

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.eye = RestEye(lambda seen: 422 if seen.body == POISON.encode() else 200)
        self.proxy = Proxy(f"127.0.0.1:{self.eye.port}")
        self.settings = {
            "FASTTRACK_REST_URL": f"http://{self.proxy.address}",
            "FASTTRACK_REST_API_KEY": "the-key-of-the-tests",
        }

    def read(self) -> list[Seen]:
        return self.eye.read()

    def close(self) -> None:
        super().close()
        self.eye.close()


class RabbitMqWorld(SinkWorld):
    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        url = urlsplit(request.getfixturevalue("rabbitmq_url"))
        self.proxy = Proxy(f"{url.hostname}:{url.port}")
        name = f"contract-{uuid.uuid4().hex}"
        self.eye = RabbitEye(url.geturl(), name, "bonus", name)
        self.eye.declare()
        self._seen: list[Seen] = []
        self.settings = {
            "FASTTRACK_RABBITMQ_URL": url._replace(
                netloc=f"{url.username}:{url.password}@{self.proxy.address}"
            ).geturl(),
            "FASTTRACK_RABBITMQ_EXCHANGE": self.eye.exchange,
            "FASTTRACK_RABBITMQ_ROUTING_KEY": self.eye.routing_key,
            "FASTTRACK_RABBITMQ_OPTIONS": {},
        }

    def read(self) -> list[Seen]:
        self._seen += self.eye.read()
        return self._seen

    def close(self) -> None:
        super().close()
        self.eye.delete()


class KafkaWorld(SinkWorld):
    is_seen_once = True
    carries_user_id = True
    poison = '{"poison":"%s"}' % ("x" * 1_100_000)

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        broker: ProxiedKafka = request.getfixturevalue("proxied_kafka")
        self.proxy = broker.proxy
        self.eye = KafkaEye(broker.server.url, f"contract-{uuid.uuid4().hex}")
        self.eye.create()
        self.settings = {
            "FASTTRACK_KAFKA_BOOTSTRAP_SERVERS": self.proxy.address,
            "FASTTRACK_KAFKA_TOPIC": self.eye.topic,
            "FASTTRACK_KAFKA_TRANSACTIONAL_ID": self.eye.topic,
            "FASTTRACK_KAFKA_OPTIONS": {},
        }

    def read(self) -> list[Seen]:
        return self.eye.read()

    def close(self) -> None:
        self.proxy.resume()
        self.eye.delete()


@dataclass(frozen=True)
class ProxiedKafka:
    """A broker that sends its clients to a proxy: else they would find their way round it."""

    server: PrivateServer
    proxy: Proxy


@contextmanager
def proxied_kafka() -> Iterator[ProxiedKafka]:
    port = free_port()
    with private("kafka", proxied_port=port) as server, Proxy(server.behind_proxy, port=port) as proxy:
        yield ProxiedKafka(server, proxy)


WORLDS: dict[str, type[SinkWorld]] = {
    "file": FileWorld,
    "kafka": KafkaWorld,
    "rabbitmq": RabbitMqWorld,
    "rest": RestWorld,
}
