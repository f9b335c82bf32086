"""Players from a CSV file: what is made, what is changed, and what stays."""

from io import BytesIO
from typing import Any

import pytest

from bonuses.models import Player
from bonuses.services.import_players.run import ImportRefused, PlayersTally, import_players
from bonuses.tests.factories import PlayerFactory
from integrations.csv_files import BadLine

pytestmark = pytest.mark.django_db


def load(text: str | bytes, **options: Any) -> PlayersTally:
    tally = PlayersTally()
    content = text if isinstance(text, bytes) else text.encode()
    import_players(stream=BytesIO(content), tally=tally, **options)
    return tally


def counts(tally: PlayersTally) -> tuple[int, int, int, int]:
    return tally.created, tally.updated, tally.unchanged, tally.bad.count


def test_makes_and_changes() -> None:
    old = PlayerFactory(external_id="old", currency="SEK", country="SE", net_loss=7, attributes={"a": 1})
    same = PlayerFactory(external_id="same", currency="EUR", origin="acme.example", country="DE")
    tally = load(
        "external_id,currency,origin,country,total_deposited,attributes\n"
        'new,JPY,brand,,,"{""vip"": 3, ""since"": ""007""}"\n'
        "old,EUR,,,500,\n"
        "same,EUR,,DE,0,{}\n"
    )
    assert counts(tally) == (1, 1, 1, 0)
    new = Player.objects.get(external_id="new")
    assert (new.currency, new.origin, new.status, new.country) == ("JPY", "brand", "active", "")
    assert (new.total_deposited, new.net_loss, new.attributes) == (0, 0, {"vip": 3, "since": "007"})
    assert new.pk.version == 7
    changed = Player.objects.get(pk=old.pk)
    assert (changed.currency, changed.origin, changed.country) == ("EUR", "acme.example", "")
    assert (changed.total_deposited, changed.net_loss, changed.attributes) == (500, 7, {"a": 1})
    assert changed.created_at == old.created_at
    assert changed.updated_at > old.updated_at
    assert Player.objects.get(pk=same.pk).updated_at == same.updated_at


def test_one_attribute_is_changed_and_the_others_stay() -> None:
    PlayerFactory(external_id="p-1", attributes={"vip": "gold", "tags": ["a"], "score": 1})
    PlayerFactory(external_id="p-2", attributes={"vip": "gold"})
    tally = load(
        "external_id;currency;origin;attributes.vip;attributes.score\np-1;;;silver;null\np-2;;;;\np-3;EUR;brand;;2.5\n"
    )
    assert counts(tally) == (1, 1, 1, 0)
    attributes = dict(Player.objects.values_list("external_id", "attributes"))
    assert attributes == {
        "p-1": {"vip": "silver", "tags": ["a"], "score": None},
        "p-2": {"vip": "gold"},
        "p-3": {"score": 2.5},
    }


def test_a_json_column_replaces_them_all() -> None:
    PlayerFactory(external_id="p-1", attributes={"vip": "gold"})
    load('external_id,attributes\np-1,"{""score"": 1}"\n')
    assert Player.objects.get().attributes == {"score": 1}


BAD = (
    "external_id,currency,origin\n"
    "new,EUR,brand\n"
    "new,SEK,other\n"
    "odd,QQQ,brand\n"
    "nowhere,EUR,\n"
    "bare,,\n"
    "old,,other\n"
    "old,,third\n"
    "short,EUR\n"
)


def test_bad_lines_are_named_and_the_rest_is_loaded() -> None:
    PlayerFactory(external_id="old")
    tally = load(BAD)
    assert counts(tally) == (1, 1, 0, 7)
    needed = "This field is required for a new player."
    assert tally.bad.first == [
        BadLine(4, "currency", "Not a currency code we know, such as EUR."),
        BadLine(9, "", "2 columns where the header has 3."),
        BadLine(3, "external_id", "The same player as on line 2."),
        BadLine(5, "origin", needed),
        BadLine(6, "currency", needed),
        BadLine(6, "origin", needed),
        BadLine(8, "external_id", "The same player as on line 7."),
    ]
    assert sorted(Player.objects.values_list("external_id", "currency", "origin")) == [
        ("new", "EUR", "brand"),
        ("old", "EUR", "other"),
    ]


def test_strict_loads_nothing_when_a_line_is_bad() -> None:
    old = PlayerFactory(external_id="old")
    with pytest.raises(ImportRefused) as refused:
        load(BAD, strict=True)
    assert refused.value.message == "7 bad lines. Nothing was imported."
    assert Player.objects.get() == old
    assert Player.objects.get().origin == old.origin


def test_strict_loads_a_good_file() -> None:
    PlayerFactory(external_id="old")
    tally = load("external_id,currency,origin\nold,SEK,\nnew,EUR,brand\n", strict=True)
    assert counts(tally) == (1, 1, 0, 0)
    assert sorted(Player.objects.values_list("external_id", "currency")) == [("new", "EUR"), ("old", "SEK")]


def test_file_without_rows() -> None:
    assert counts(load("external_id,currency\n")) == (0, 0, 0, 0)


def test_import_again_leaves_no_trace_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of one, and the temporary tables made anew."""
    monkeypatch.setattr("integrations.staging.BATCH", 1)
    text = "external_id,currency,origin\nb,EUR,brand\na,EUR,brand\nc,EUR,brand\nodd,,\n"
    assert counts(load(text)) == (3, 0, 0, 2)
    assert counts(load(text)) == (0, 0, 3, 2)
    assert counts(load(text.replace("EUR", "SEK"))) == (0, 3, 0, 2)
