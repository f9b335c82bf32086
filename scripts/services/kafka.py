import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from scripts.services import kafka_jars, launch, process
from scripts.services.base import Binaries, NotStarted, Server

CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk"
MEMORY = "-Xmx384m"
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
# Broker and controller in one; the topics of its own as few and as small as they can be, so that it is up in seconds.
CONFIGURATION = """\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
auto.create.topics.enable=false
num.partitions=3
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
# After a kill it may come back once it has been missed for so long.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


@dataclass(frozen=True)
class Listener:
    name: str
    port: int
    advertised: int
    """The port clients are told, which is another's when a proxy stands before it."""
    protocol: str = "PLAINTEXT"


def configuration(data: Path, listeners: list[Listener], sasl: dict[str, str]) -> str:
    controller = process.free_port()
    heard = [*listeners, Listener("CONTROLLER", controller, controller)]
    settings = {
        "log.dirs": data / "data",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": ",".join(f"{it.name}://127.0.0.1:{it.port}" for it in heard),
        "advertised.listeners": ",".join(f"{it.name}://127.0.0.1:{it.advertised}" for it in listeners),
        "listener.security.protocol.map": ",".join(f"{it.name}:{it.protocol}" for it in heard),
    }
    if sasl:
        users = " ".join(f'user_{name}="{password}"' for name, password in sasl.items())
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        settings["sasl.enabled.mechanisms"] = "PLAIN"
        settings["listener.name.sasl.plain.sasl.jaas.config"] = f"{module} required {users};"
    return CONFIGURATION + "".join(f"{name}={value}\n" for name, value in settings.items())


def java(*arguments: str) -> list[str]:
    return [str(process.binary("java")), MEMORY, QUIET, "-cp", kafka_jars.class_path(), *arguments]


def prepare(data: Path, as_account: dict[str, Any]) -> None:
    plain = data / "format.properties"
    plain.write_text(configuration(data, [Listener("PLAINTEXT", 1, 1)], {}))
    done = launch.run(java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(plain)), as_account)
    if done.returncode:
        raise NotStarted(f"format: {' '.join((done.stdout + done.stderr).split())[:300]}")


def command(extra: list[Listener], sasl: dict[str, str], data: Path, port: int) -> list[str]:
    """On the same data and the same port it is the same in all else."""
    written = data / f"server-{port}.properties"
    if not written.exists():
        written.write_text(configuration(data, [Listener("PLAINTEXT", port, port), *extra], sasl))
    return java("kafka.Kafka", str(written))


def answers(port: int) -> bool:
    """A broker that is in the cluster names itself when asked for its metadata, of no topic (version 1)."""
    question = struct.pack(">hhih4si", 3, 1, 1, 4, b"test", 0)
    answer = process.exchange(port, struct.pack(">i", len(question)) + question)
    return len(answer) >= 12 and int.from_bytes(answer[8:12], "big") > 0


def binaries(extra: list[Listener], sasl: dict[str, str]) -> Binaries:
    return Binaries(url="127.0.0.1:{port}", command=partial(command, extra, sasl), answers=answers, prepare=prepare)


def find() -> str | None:
    can_be_had = process.binary("mvn") or kafka_jars.is_whole(kafka_jars.cache())
    return process.binary("java") if can_be_had else None


BINARIES = binaries([], {})
KAFKA = Server(
    name="kafka",
    variable="TEST_KAFKA_SERVERS",
    packages=("default-jre-headless", "maven"),
    find=find,
    start=partial(launch.start, "kafka", BINARIES),
    binaries=BINARIES,
    image_port=9092,
    image_url="127.0.0.1:{port}",
)
