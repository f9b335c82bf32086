import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from bonusdesk.filesystem_broker import Transport


def channel(folder: Path) -> Any:
    return Connection(
        "filesystem://localhost", transport=Transport, transport_options={"folder": str(folder)}
    ).channel()


def test_messages_come_out_once_and_in_order(tmp_path: Path) -> None:
    one = channel(tmp_path / "made" / "when" / "needed")
    for number in range(3):
        one._put("deliver", {"n": number})
    one._put("sweeps", {"n": 9})
    assert one._size("deliver") == 3
    assert [one._get("deliver")["n"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Empty):
        one._get("deliver")
    assert one._get("sweeps") == {"n": 9}
    assert list((tmp_path / "made" / "when" / "needed").iterdir()) == []


def test_several_readers_share_the_messages(tmp_path: Path) -> None:
    for number in range(60):
        channel(tmp_path)._put("deliver", {"n": number})

    def read_all(_: int) -> list[int]:
        mine, got = channel(tmp_path), []
        while True:
            try:
                got.append(mine._get("deliver")["n"])
            except Empty:
                return got

    with ThreadPoolExecutor(4) as readers:
        seen = [number for got in readers.map(read_all, range(4)) for number in got]
    assert sorted(seen) == list(range(60))


def test_message_half_written_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "0-a.draft").write_text(json.dumps({"n": 1})[:4])
    with pytest.raises(Empty):
        channel(tmp_path)._get("deliver")


def test_message_another_reader_took_first_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = channel(tmp_path)
    one._put("deliver", {"n": 1})
    one._put("deliver", {"n": 2})
    listed = one._messages("deliver")
    listed[0].unlink()
    monkeypatch.setattr(type(one), "_messages", lambda *_: listed)
    assert one._get("deliver") == {"n": 2}


def test_purge_empties_one_queue(tmp_path: Path) -> None:
    one = channel(tmp_path)
    one._put("deliver", {})
    one._put("sweeps", {})
    assert one._purge("deliver") == 1
    assert (one._size("deliver"), one._size("sweeps")) == (0, 1)
