import fcntl
import json
import uuid
from pathlib import Path

import pytest

from integrations.sinks.base import DELIVERED, Message, Trouble
from integrations.sinks.file import FileSink

FOREVER = float("inf")


def message(number: int, body: str = '{"amount":20.0}', kind: str = "BONUS") -> Message:
    return Message(number, uuid.UUID(int=number), kind, uuid.UUID(int=1), "player-1", body)


def send(path: Path, *messages: Message) -> list[object]:
    return list(FileSink(path).send(messages, deadline=FOREVER))


def test_appends_a_line_for_each_event(tmp_path: Path) -> None:
    path = tmp_path / "new" / "events.jsonl"
    assert send(path, message(1), message(2, '{"data":{}}', "CUSTOM")) == [DELIVERED, DELIVERED]
    assert send(path, message(3, '{"note":"ü\\n"}')) == [DELIVERED]
    assert path.read_bytes() == (
        b'{"type":"BONUS","event_id":"00000000-0000-0000-0000-000000000001","payload":{"amount":20.0}}\n'
        b'{"type":"CUSTOM","event_id":"00000000-0000-0000-0000-000000000002","payload":{"data":{}}}\n'
        b'{"type":"BONUS","event_id":"00000000-0000-0000-0000-000000000003","payload":{"note":"\xc3\xbc\\n"}}\n'
    )


@pytest.mark.parametrize("torn", [b'{"type":"BON', b"{" + b"x" * 200_000, b"{" + b"y" * 65_535])
@pytest.mark.parametrize("whole_lines", [0, 2])
def test_cuts_off_what_a_crash_left_of_a_line(tmp_path: Path, torn: bytes, whole_lines: int) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"type":"BONUS"}\n' * whole_lines + torn)
    send(path, message(7))
    lines = path.read_text().splitlines()
    assert len(lines) == whole_lines + 1
    assert json.loads(lines[-1])["event_id"] == str(uuid.UUID(int=7))


def test_leaves_a_whole_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"type":"BONUS"}\n')
    send(path, message(1))
    assert path.read_bytes().startswith(b'{"type":"BONUS"}\n{"type":"BONUS","event_id"')


def test_a_file_that_can_not_be_written_is_trouble(tmp_path: Path) -> None:
    outcomes = send(tmp_path, message(1), message(2))
    assert [type(outcome) for outcome in outcomes] == [Trouble, Trouble]
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_no_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    send(path, message(1))
    before = path.read_bytes()

    def write_half(file: object, lines: bytes) -> None:
        file.write(lines[: len(lines) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("integrations.sinks.file._write_all", write_half)
    [outcome] = send(path, message(2))
    assert isinstance(outcome, Trouble)
    assert "No space left on device" in outcome.reason
    assert path.read_bytes() == before


def test_does_not_write_while_another_does(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        [outcome] = send(path, message(1))
    assert isinstance(outcome, Trouble)
    assert path.read_bytes() == b""
