from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations import rates
from integrations.management.commands import import_rates
from integrations.models import ExchangeRate

pytestmark = pytest.mark.django_db

SAMPLE = Path(rates.__file__).parent / "data" / "eurofxref-sample.xml"
HEADER = "base,quote,rate,valid_from\n"


def test_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_rates", SAMPLE)
    call_command("import_rates", SAMPLE)
    assert capsys.readouterr().out.splitlines() == [
        "87 created, 0 replaced, 0 unchanged.",
        "0 created, 0 replaced, 87 unchanged.",
    ]
    (tmp_path / "desk.csv").write_text(HEADER + "EUR,USD,1.2,2026-10-06\n")
    call_command("import_rates", tmp_path / "desk.csv", "--replace")
    assert ExchangeRate.objects.get(source="desk.csv").rate == Decimal("1.2")


def test_command_refuses_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text(HEADER + "EUR,USD,much,2026-10-06\n")
    with pytest.raises(CommandError, match=r"rates.csv, line 2, rate: 'much' is not .*\. Nothing was imported\."):
        call_command("import_rates", file)
    with pytest.raises(CommandError, match=r"gone\.csv can't be read"):
        call_command("import_rates", tmp_path / "gone.csv")
    assert not ExchangeRate.objects.exists()


def test_command_interrupted_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "BATCH", 40)
    store = rates._store_batch
    calls: list[int] = []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        return store(*args, **kwargs)

    monkeypatch.setattr(rates, "_store_batch", interrupted)
    with pytest.raises(CommandError, match="Interrupted; nothing was imported") as refused:
        call_command("import_rates", SAMPLE)
    assert refused.value.returncode == 130
    assert not ExchangeRate.objects.exists()


def test_command_draws_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    call_command("import_rates", SAMPLE)
    shown = capsys.readouterr()
    assert "87/87" in shown.err
    assert shown.out == "87 created, 0 replaced, 0 unchanged.\n"


def test_command_writes_plain_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rates, "BATCH", 40)
    monkeypatch.setattr(import_rates, "PLAIN_STEP", 40)
    call_command("import_rates", SAMPLE)
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.splitlines() == ["40 of 87 rates", "80 of 87 rates", "87 created, 0 replaced, 0 unchanged."]
