from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bonuses.models import Player
from bonuses.services.import_players import run

pytestmark = pytest.mark.django_db

HEADER = "external_id,currency,origin\n"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "players.csv"
    file.write_text(text)
    return file


def imported(*arguments: object) -> tuple[list[str], list[str]]:
    out, err = StringIO(), StringIO()
    call_command("import_players", *map(str, arguments), stdout=out, stderr=err, no_color=True)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def refused(*arguments: object) -> CommandError:
    with pytest.raises(CommandError) as error:
        imported(*arguments)
    return error.value


def test_tells_its_progress_and_the_bad_lines(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "a,EUR,brand\nb,QQQ,brand\nc,EUR\n")
    out, err = imported(file)
    assert out == [
        "reading: 60 %",
        "checking",
        "writing: 100 %",
        "1 players created, 0 updated, 0 unchanged; 2 bad lines.",
    ]
    assert err == [
        "line 3, currency: Not a currency code we know, such as EUR.",
        "line 4: 2 columns where the header has 3.",
    ]


def test_report_has_every_bad_line_the_terminal_the_first(tmp_path: Path) -> None:
    file, report = written(tmp_path, HEADER + "x,QQQ,brand\n" * 25), tmp_path / "report.csv"
    report.write_text("of yesterday")
    _, err = imported(file, "--report", report)
    reason = '"Not a currency code we know, such as EUR."'
    assert report.read_text().splitlines() == [
        "line,field,reason",
        *(f"{line},currency,{reason}" for line in range(2, 27)),
    ]
    assert (len(err), err[-1]) == (21, "… and 5 more.")


def test_strict_fails_with_the_report_written_and_nothing_else(tmp_path: Path) -> None:
    file, report = written(tmp_path, HEADER + "a,EUR,brand\nb,,\n"), tmp_path / "report.csv"
    error = refused(file, "--strict", "--report", report)
    assert str(error) == f"{file}: 2 bad lines. Nothing was imported."
    assert len(report.read_text().splitlines()) == 3
    assert Player.objects.count() == 0


@pytest.mark.parametrize(("name", "reason"), [("missing.csv", "No such file or directory"), (".", "Is a directory")])
def test_file_that_can_not_be_read(tmp_path: Path, name: str, reason: str) -> None:
    assert reason in str(refused(tmp_path / name))


def test_file_that_can_not_be_taken(tmp_path: Path) -> None:
    file = written(tmp_path, "name,currency\n")
    assert str(refused(file)).startswith(f"{file}: Not a column of players: name.")


def test_report_must_be_another_file_that_can_be_written(tmp_path: Path) -> None:
    file = written(tmp_path, HEADER + "a,EUR,brand\n")
    assert str(refused(file, "--report", file)) == "The report can't be the file itself."
    assert file.read_text() == HEADER + "a,EUR,brand\n"
    assert "Is a directory" in str(refused(file, "--report", tmp_path))
    assert Player.objects.count() == 0


def test_interrupted_says_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_write", interrupt)
    error = refused(written(tmp_path, HEADER + "a,EUR,brand\nb,,\n"))
    assert str(error) == "Interrupted. 0 players created, 0 updated, 0 unchanged; 2 bad lines."
    assert error.returncode == 130
