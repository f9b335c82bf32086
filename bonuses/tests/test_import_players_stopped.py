"""An import that is stopped on its way, or meets others at work."""

import os
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connections

from bonuses.models import Player
from bonuses.services.identify_player import identify
from bonuses.services.import_players import run
from bonuses.services.import_players.run import PlayersTally, import_players
from bonuses.services.import_players.statements import Statements
from bonuses.tests.factories import PlayerFactory
from bonuses.tests.test_identify_race import made_elsewhere
from integrations import staging

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
FILE = b"external_id,currency,origin\nb,EUR,brand\na,EUR,brand\nold,SEK,\n"


def interrupted_in(step: str, batch: int, *, strict: bool) -> PlayersTally:
    def progress(now: str, done: int, of: int | None) -> None:
        if (now, done) == (step, batch):
            raise KeyboardInterrupt

    tally = PlayersTally()
    with pytest.raises(KeyboardInterrupt):
        import_players(stream=BytesIO(FILE), tally=tally, strict=strict, progress=progress)
    return tally


def currencies() -> dict[str, str]:
    return dict(Player.objects.values_list("external_id", "currency"))


@pytest.fixture(autouse=True)
def _batches_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "BATCH", 1)


@pytest.mark.parametrize("strict", [False, True])
def test_interrupted_while_reading_writes_nothing(strict: bool) -> None:
    PlayerFactory(external_id="old")
    interrupted_in("checking", 0, strict=strict)
    assert currencies() == {"old": "EUR"}


def test_interrupted_while_writing_keeps_whole_batches() -> None:
    """Those we have in the order of their ids, then the new ones by name."""
    PlayerFactory(external_id="old")
    tally = interrupted_in("writing", 2, strict=False)
    assert (tally.created, tally.updated) == (1, 1)
    assert currencies() == {"old": "SEK", "a": "EUR"}


def test_interrupted_while_writing_strictly_keeps_nothing() -> None:
    PlayerFactory(external_id="old")
    tally = interrupted_in("writing", 2, strict=True)
    assert (tally.created, tally.updated) == (0, 0)
    assert currencies() == {"old": "EUR"}


@pytest.mark.parametrize(("option", "left"), [((), {"old": "SEK", "a": "EUR"}), (("--strict",), {"old": "EUR"})])
def test_killed_between_batches(
    option: tuple[str, ...], left: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    PlayerFactory(external_id="old")
    file = tmp_path / "players.csv"
    file.write_bytes(FILE)
    program = (
        "import sys, django; django.setup(); from integrations import staging; staging.BATCH = 1; "
        "from django.core.management import call_command; call_command('import_players', *sys.argv[1:])"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bonusdesk.tests.settings",
        "DATABASE_URL": database_url,
        "BONUSDESK_FAILPOINT": "import_players.batch:2",
    }
    ended = subprocess.run(
        [sys.executable, "-c", program, str(file), *option],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert currencies() == left


@pytest.mark.postgres
@pytest.mark.parametrize("strict", [False, True])
def test_player_that_somebody_else_made_meanwhile_is_changed(monkeypatch: pytest.MonkeyPatch, strict: bool) -> None:
    """It is in the table when the new ones are inserted, but was not when we looked. What is not said stays."""
    write, left = run._write_slice, iter((True,))

    def write_late(statements: Statements, tally: PlayersTally, first: int, last: int) -> None:
        if next(left, False):
            made_elsewhere(external_id="b", currency="USD", status="banned")
        write(statements, tally, first, last)

    monkeypatch.setattr(run, "_write_slice", write_late)
    PlayerFactory(external_id="old")
    tally = PlayersTally()

    import_players(stream=BytesIO(FILE), tally=tally, strict=strict)

    assert (tally.created, tally.updated, tally.unchanged) == (1, 2, 0)
    assert currencies() == {"old": "SEK", "a": "EUR", "b": "EUR"}
    assert Player.objects.get(external_id="b").status == "banned"


def test_player_changed_since_the_file_was_read_keeps_what_the_file_does_not_say() -> None:
    PlayerFactory(external_id="old", country="DE")

    def change(step: str, done: int, of: int | None) -> None:
        if step == "checking":
            identify(fields={"external_id": "old", "country": "SE", "origin": "new.example"})

    import_players(stream=BytesIO(FILE), tally=PlayersTally(), progress=change)

    old = Player.objects.get(external_id="old")
    assert (old.currency, old.country, old.origin) == ("SEK", "SE", "new.example")
    connections.close_all()
