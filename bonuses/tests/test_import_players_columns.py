"""What a cell means, and that it is what the API would take."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from bonuses.api.serializers import IdentifyPlayer
from bonuses.services.import_players.columns import STAGED, Layout, scalar
from integrations.csv_files import BadLine, FileInvalid

MAX = 2**53 - 1


def read(**cells: str) -> tuple[dict[str, Any], list[BadLine]]:
    values, bad = Layout(tuple(cells)).read(2, list(cells.values()))
    return dict(zip(STAGED, values, strict=True)), bad


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("gold", "gold"),
        ("3", 3),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("True", "True"),
        ("007", "007"),
        ("+3", "+3"),
        ("1.", "1."),
        ("٣", "٣"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("1e999", "1e999"),
        (str(MAX), MAX),
        (str(MAX + 1), str(MAX + 1)),
        ("9" * 5000, "9" * 5000),
        ('"3"', "3"),
        ('"open', '"open'),
        ("[1]", "[1]"),
        (r'"\\u0000"', r"\u0000"),
    ],
)
def test_cell_of_one_attribute(cell: str, value: Any) -> None:
    found = scalar(cell)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("currency", "SEK", "SEK"),
        ("currency", "sek", ValueError),
        ("currency", "XAU", ValueError),
        ("origin", "x" * 200, "x" * 200),
        ("origin", "x" * 201, ValueError),
        ("status", "self_excluded", "self_excluded"),
        ("status", "asleep", ValueError),
        ("country", "SE", "SE"),
        ("country", "se", ValueError),
        ("country", "SWE", ValueError),
        ("total_deposited", str(MAX), MAX),
        ("total_deposited", str(MAX + 1), ValueError),
        ("total_deposited", "-1", ValueError),
        ("net_loss", str(-MAX), -MAX),
        ("net_loss", str(-MAX - 1), ValueError),
    ],
)
def test_rules_are_those_of_the_api(field: str, cell: str, value: Any) -> None:
    sent = int(cell) if cell.lstrip("-").isdigit() else cell
    values, bad = read(external_id="p-1", **{field: cell})
    if value is ValueError:
        assert [(found.line, found.field) for found in bad] == [(2, field)]
        with pytest.raises(ValidationError):
            IdentifyPlayer.model_validate({"external_id": "p-1", field: sent})
        return
    assert (values[field], bad) == (value, [])
    assert getattr(IdentifyPlayer.model_validate({"external_id": "p-1", field: sent}), field) == value


@pytest.mark.parametrize("cell", ["1.5", "1,000", "1 000", "0x10", "٣", "9" * 5000])
def test_amount_is_digits_alone(cell: str) -> None:
    assert read(external_id="p-1", net_loss=cell)[1] == [
        BadLine(2, "net_loss", f"Must be a whole number of minor units, up to {MAX}.")
    ]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("{", "Must be JSON."),
        ('{"a": NaN}', "Must be JSON."),
        ('{"a": 1e999}', "Must be JSON."),
        ('{"a":' * 5000, "Must be JSON."),
        ("[1]", "Must be a JSON object."),
        ("null", "Must be a JSON object."),
        ('{"a": "\\u0000"}', "A NUL character can't be stored."),
        ('{"a": "\\ud800"}', "Half a surrogate pair can't be stored."),
    ],
)
def test_attributes_that_can_not_be_stored(cell: str, reason: str) -> None:
    assert read(external_id="p-1", attributes=cell)[1] == [BadLine(2, "attributes", reason)]


def test_numbers_in_attributes_stay_numbers() -> None:
    given = '{"a": 1, "b": "1", "c": 1.5, "d": {"e": [null, true]}, "f": 123456789012345678901}'
    assert json.loads(read(external_id="p-1", attributes=given)[0]["attributes"]) == json.loads(given)


def test_empty_cells_are_not_said_but_an_empty_country_is_none() -> None:
    values, bad = read(external_id="p-1", currency="", country=" ", net_loss="", **{"attributes.vip": ""})
    assert bad == []
    assert {name: value for name, value in values.items() if value is not None} == {"external_id": "p-1", "country": ""}


def test_every_bad_cell_is_named() -> None:
    bad = read(external_id="", currency="QQQ", net_loss="x")[1]
    assert [found.field for found in bad] == ["currency", "net_loss"]
    assert read(external_id="  ", currency="EUR")[1] == [BadLine(2, "external_id", "This field is required.")]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (("external_id", "vip"), "Not a column of players: vip."),
        (("external_id", "attributes."), "Not a column of players: attributes.."),
        (("currency",), "The header has no column external_id."),
        (("external_id",), "The file has nothing but external_id."),
        (
            ("external_id", "attributes", "attributes.vip"),
            "The file may have attributes or attributes.<key>, not both.",
        ),
    ],
)
def test_header_that_can_not_be_taken(header: tuple[str, ...], message: str) -> None:
    with pytest.raises(FileInvalid) as refused:
        Layout(header)
    assert refused.value.message.startswith(message)
