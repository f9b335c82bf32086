"""The broker's jars, outside the checkout: fetched once by Maven as it is set up here, and used only as pinned."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from scripts.services import process
from scripts.services.base import NotStarted

VERSION = "4.1.1"
FETCH_SECONDS = 600
HERE = Path(__file__).resolve().parent
POM = HERE / "kafka.pom.xml"
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def pins() -> dict[str, str]:
    lines = (HERE / "kafka.sha256").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "bonusdesk" / f"kafka-{VERSION}"


def is_whole(folder: Path) -> bool:
    return not wrong(folder)


def wrong(folder: Path) -> list[str]:
    """Jars that are not there, or not what they should be."""
    return [name for name, digest in pins().items() if _digest(folder / name) != digest]


def _digest(jar: Path) -> str:
    return hashlib.sha256(jar.read_bytes()).hexdigest() if jar.is_file() else ""


def class_path() -> str:
    """The pinned jars alone, whatever else may lie beside them. Raises NotStarted."""
    folder = cache()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_whole(folder):
            _fetch(folder)
    return ":".join(str(folder / name) for name in pins())


def _fetch(folder: Path) -> None:
    """Whole or not at all."""
    print(f"services: fetching Apache Kafka {VERSION} with Maven", flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        fetched = Path(made) / "jars"
        _copy_dependencies(fetched)
        if bad := wrong(fetched):
            raise NotStarted(f"not as pinned in kafka.sha256: {' '.join(bad)}")
        shutil.rmtree(folder, ignore_errors=True)
        fetched.rename(folder)


def _copy_dependencies(folder: Path) -> None:
    maven = process.binary("mvn")
    if not maven:
        raise NotStarted("its jars are not here yet, and neither is Maven (mvn)")
    options = ["-Dstyle.color=never", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    done = subprocess.run(
        [maven, "--batch-mode", "--quiet", "--file", str(POM), GOAL, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=FETCH_SECONDS,
    )
    if done.returncode:
        raise NotStarted(f"mvn could not fetch its jars: {_complaint(done.stdout)}")


def _complaint(output: str) -> str:
    complaints = [line.partition("[ERROR]")[2].strip() for line in output.splitlines() if "[ERROR]" in line]
    return complaints[0][:300] if complaints else "it does not say why"
