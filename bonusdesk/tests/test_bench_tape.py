"""What the benchmark's other side plays is what the product did, with ids of its own."""

import enum
import uuid

import pytest

from scripts.bench.base import BenchFailed
from scripts.bench.pgbench import rate_of
from scripts.bench.tape import (
    GRANT,
    MARK,
    Call,
    Hole,
    Numbering,
    Statement,
    Tape,
    Transaction,
    grouped,
    number_of,
    numbered,
    script,
)

TEMPLATE = uuid.UUID("01a1fec4-44bb-7705-ae49-f4f417506627")
MADE = uuid.UUID("01a1fec4-46d9-7001-88e3-3e0088f5efe9")
NUMBER = "100000000007"


class Word(enum.StrEnum):
    QUEUED = "queued"


def test_an_id_carries_its_number() -> None:
    assert numbered(GRANT, 100000000007) == "000000b1-0000-4000-8000-100000000007"
    assert number_of("000000b1-0000-4000-8000-100000000007") == NUMBER


def test_ids_become_numbered_ones_and_fixed_ones_stay() -> None:
    numbering = Numbering({TEMPLATE})
    text = f"'{MADE.hex}'::uuid, '{TEMPLATE}', {numbered(GRANT, NUMBER)}, '{MADE}'"
    assert numbering.text(text) == (
        f"'00000001000040008000{MARK}'::uuid, '{TEMPLATE}', 000000b1-0000-4000-8000-{MARK}, "
        f"'00000001-0000-4000-8000-{MARK}'"
    )


def test_parameters_with_an_id_in_them_are_filled_for_each_request() -> None:
    numbering = Numbering({TEMPLATE})
    recorded = (MADE, TEMPLATE, f'{{"id":"{MADE}"}}', Word.QUEUED, 5, None)
    params = tuple(numbering.param(value) for value in recorded)
    statement = Statement("SELECT …", params, "")
    filled = statement.params_for(NUMBER)
    own = f"00000001-0000-4000-8000-{NUMBER}"
    assert filled == (uuid.UUID(own), TEMPLATE, f'{{"id":"{own}"}}', "queued", 5, None)
    assert type(filled[3]) is str
    assert isinstance(params[0], Hole)


def step(sql: str) -> Statement:
    return Statement(sql, None, sql)


def test_a_recording_is_grouped_into_transactions_and_calls() -> None:
    call = Call("/grant", "key", "{}")
    steps = [
        step("a"),
        step("BEGIN"),
        step("b"),
        step("c"),
        step("COMMIT"),
        call,
        step("BEGIN"),
        step("d"),
        step("COMMIT"),
    ]
    tape = grouped(steps)
    assert tape == Tape(
        (
            Transaction((step("a"),), is_atomic=False),
            Transaction((step("b"), step("c")), is_atomic=True),
            call,
            Transaction((step("d"),), is_atomic=True),
        )
    )
    assert str(tape) == "4 statements, 2 transactions"


def test_the_script_for_pgbench_has_the_transactions_and_the_number() -> None:
    statement = Statement("", None, f"\nUPDATE x SET y = ':00' WHERE id = '…{MARK}'\n")
    tape = Tape((Transaction((step("SELECT 1"),), False), Call("/grant", "", ""), Transaction((statement,), True)))
    assert script(tape, ":n") == "SELECT 1;\nBEGIN;\nUPDATE x SET y = ':00' WHERE id = '…:n';\nCOMMIT;\n"


SAID = "number of transactions actually processed: 40/40\ntps = 407.25 (without initial connection time)\n"


def test_pgbenchs_rate_is_read() -> None:
    assert rate_of(SAID, 40) == 407.25


@pytest.mark.parametrize("output", ["", "pgbench: error: …", SAID.replace("40/", "39/")])
def test_a_rate_of_anything_but_all_transactions_is_refused(output: str) -> None:
    with pytest.raises(BenchFailed):
        rate_of(output, 40)
