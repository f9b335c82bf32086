"""A connection is kept for one thread of one process, and for one set of settings."""

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from integrations.sinks import kept
from integrations.sinks.kept import Kept


class Connection:
    """Says when nobody holds it any more."""

    def __init__(self, name: str, gone: list[str]) -> None:
        self.name, self.gone = name, gone

    def __del__(self) -> None:
        self.gone.append(self.name)


Make = Callable[[], Connection]


@pytest.fixture
def gone() -> list[str]:
    return []


@pytest.fixture
def make(gone: list[str]) -> Make:
    names = iter("abcdef")
    return lambda: Connection(next(names), gone)


@pytest.fixture(autouse=True)
def _forget_inherited() -> Iterator[None]:
    yield
    kept._inherited.clear()


def test_the_same_is_used_again(make: Make) -> None:
    one = Kept[Connection]()
    assert one.get("key", make) is one.get("key", make)


def test_other_settings_need_another(make: Make, gone: list[str]) -> None:
    one = Kept[Connection]()
    assert [one.get(("host", 1), make).name, one.get(("host", 2), make).name] == ["a", "b"]
    assert gone == ["a"]
    assert one.get(("host", 2), make).name == "b"
    assert one.get(("host", 1), make).name == "c"


def test_one_that_was_dropped_is_made_anew(make: Make) -> None:
    one = Kept[Connection]()
    assert one.get("key", make).name == "a"
    one.drop()
    one.drop()
    assert one.get("key", make).name == "b"


def test_one_that_can_not_be_made_leaves_nothing_behind(make: Make) -> None:
    one = Kept[Connection]()

    def fail() -> Connection:
        raise ConnectionError("away")

    with pytest.raises(ConnectionError):
        one.get("key", fail)
    assert one.get("key", make).name == "a"


def test_each_thread_has_its_own(make: Make) -> None:
    one = Kept[Connection]()
    mine = one.get("key", make)
    found: list[Connection] = []

    def look() -> None:
        found.append(one.get("key", make))
        one.drop()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(10)
    assert found[0].name == "b"
    assert one.get("key", make) is mine


def test_a_forked_child_makes_its_own_and_never_ends_its_parents(make: Make, gone: list[str]) -> None:
    one = Kept[Connection]()
    mine = one.get("key", make)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        del mine
        first = one.get("key", make)
        again = one.get("key", make)
        one.drop()
        os.write(writer, f"{first.name} {again is first} {gone}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as said:
        assert said.read() == "b True []"
    os.waitpid(child, 0)
    assert one.get("key", make) is mine


def test_a_child_that_was_forked_before_the_first_use_shares_nothing(make: Make, gone: list[str]) -> None:
    """By pid, so that it holds for a grandchild, too: here the pid that is remembered is changed instead."""
    one = Kept[Connection]()
    one.get("key", make)
    one._pid -= 1
    assert one.get("key", make).name == "b"
    one._pid -= 1
    assert one.get("other key", make).name == "c"
    assert gone == []
