"""Kafka's jars: those that are pinned, or none."""

import hashlib
from pathlib import Path

import pytest

from scripts.services import kafka, kafka_jars
from scripts.services.base import NotStarted

PINNED = hashlib.sha256(b"as pinned\n").hexdigest()
FETCHES = """\
#!/bin/sh
for option in "$@"; do case "$option" in -DoutputDirectory=*) folder=${option#*=} ;; esac; done
mkdir -p "$folder" && echo "%s" >"$folder/a.jar" && echo "never asked for" >"$folder/b.jar"
"""
COMPLAINS = """\
#!/bin/sh
echo "[INFO] resolving"
echo "[ERROR] Could not transfer artifact"
echo "[ERROR] Re-run Maven with -e"
exit 1
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, of which one jar is wanted."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kafka_jars, "pins", lambda: {"a.jar": PINNED})
    return kafka_jars.cache()


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is run in Maven's place."""
    program = tmp_path / "mvn"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


def test_jars_are_fetched_once_and_only_the_pinned_are_used(cache: Path, maven: Path) -> None:
    maven.write_text(FETCHES % "as pinned")
    assert kafka_jars.class_path() == str(cache / "a.jar")
    maven.write_text(COMPLAINS)
    assert kafka_jars.class_path() == str(cache / "a.jar")


def test_jar_that_changed_in_the_cache_is_fetched_again(cache: Path, maven: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "a.jar").write_text("something else")
    maven.write_text(FETCHES % "as pinned")
    kafka_jars.class_path()
    assert (cache / "a.jar").read_text() == "as pinned\n"


def test_jar_that_is_not_as_pinned_is_refused_and_not_kept(cache: Path, maven: Path) -> None:
    maven.write_text(FETCHES % "something else")
    with pytest.raises(NotStarted, match=r"^not as pinned in kafka.sha256: a.jar$"):
        kafka_jars.class_path()
    assert [path.name for path in cache.parent.iterdir()] == [f"{cache.name}.lock"]


def test_maven_that_fails_is_quoted_in_one_line(cache: Path, maven: Path) -> None:
    maven.write_text(COMPLAINS)
    with pytest.raises(NotStarted, match=r"^mvn could not fetch its jars: Could not transfer artifact$"):
        kafka_jars.class_path()
    assert not cache.exists()


def test_listeners_that_stand_behind_a_proxy_advertise_the_proxy(tmp_path: Path) -> None:
    listeners = [kafka.Listener("PLAINTEXT", 21, 21), kafka.Listener("PROXIED", 22, 33)]
    written = dict(
        line.split("=", 1) for line in kafka.configuration(tmp_path, listeners, {}).splitlines() if "=" in line
    )
    assert written["listeners"].startswith("PLAINTEXT://127.0.0.1:21,PROXIED://127.0.0.1:22,CONTROLLER://127.0.0.1:")
    assert written["advertised.listeners"] == "PLAINTEXT://127.0.0.1:21,PROXIED://127.0.0.1:33"
