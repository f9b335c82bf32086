"""Players as the operator's systems describe them: made on first sight, changed where something is said."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from bonuses.models import Player
from integrations.currencies import is_known
from integrations.errors import DomainError

FIELDS = ("currency", "origin", "status", "country", "total_deposited", "net_loss", "attributes")
NEEDED_AT_FIRST = ("currency", "origin")


class PlayerInvalid(DomainError):
    """`details` maps field paths to what is wrong."""

    code = "VALIDATION_ERROR"


def identify(*, fields: dict[str, Any]) -> tuple[Player, bool]:
    """Make the player with this `external_id`, or change the fields that are named. True when it was made.

    Raises `PlayerInvalid`: a new player needs a currency and a brand.
    """
    _check_currency(fields)
    with transaction.atomic():
        player = _locked(fields["external_id"])
        if player is None:
            _check_complete(fields)
            try:
                with transaction.atomic():
                    return Player.objects.create(**fields), True
            except IntegrityError:
                # Somebody else made it since we looked.
                player = Player.objects.select_for_update(no_key=True).get(external_id=fields["external_id"])
        _assign(player, fields)
        player.save(update_fields=[name for name in FIELDS if name in fields] + ["updated_at"])
        return player, False


def identify_many(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`identify` for each row, in order, in a handful of statements; a bad row does not stop the others.

    One result a row: `external_id`, `result` (`created`, `updated` or `error`), and `id` or `error`.
    """
    for _ in range(len(rows) + 1):
        with transaction.atomic():
            batch = _Batch({row["external_id"] for row in rows})
            results = [batch.take(row) for row in rows]
            if batch.write():
                return results
            # Let go of every lock before we look again: whoever holds that player may be waiting for one of ours.
            transaction.set_rollback(True)
    raise RuntimeError("Each time somebody else had made one of the players, and yet it was not there.")


class _Batch:
    """The players of one batch, locked; changed in memory row by row, then written at once."""

    def __init__(self, external_ids: set[str]) -> None:
        players = Player.objects.select_for_update(no_key=True).filter(external_id__in=external_ids).order_by("pk")
        self.known = {player.external_id: player for player in players}
        self.changed: dict[str, Player] = {}
        self.new: dict[str, Player] = {}

    def take(self, row: dict[str, Any]) -> dict[str, Any]:
        external_id = row["external_id"]
        player = self.known.get(external_id)
        try:
            _check_currency(row)
            if player is None:
                _check_complete(row)
                player = self.known[external_id] = self.new[external_id] = Player(**row)
                return _result(player, created=True)
        except PlayerInvalid as error:
            return _refusal(external_id, error)
        _assign(player, row)
        if external_id not in self.new:
            self.changed[external_id] = player
        return _result(player, created=False)

    def write(self) -> bool:
        """False when somebody else has made one of the new players since we looked."""
        now = timezone.now()
        for player in self.changed.values():
            player.updated_at = now
        Player.objects.bulk_create(
            self.changed.values(),
            update_conflicts=True,
            unique_fields=["external_id"],
            update_fields=[*FIELDS, "updated_at"],
        )
        # In one order everywhere, so that two batches of new players can't wait for each other.
        new = [self.new[external_id] for external_id in sorted(self.new)]
        Player.objects.bulk_create(new, ignore_conflicts=True)
        return Player.objects.filter(pk__in=[player.pk for player in new]).count() == len(new)


def _locked(external_id: str) -> Player | None:
    return Player.objects.select_for_update(no_key=True).filter(external_id=external_id).first()


def _assign(player: Player, fields: dict[str, Any]) -> None:
    for name in FIELDS:
        if name in fields:
            setattr(player, name, fields[name])


def _check_currency(fields: dict[str, Any]) -> None:
    if "currency" in fields and not is_known(fields["currency"]):
        raise PlayerInvalid("The currency is not one we know.", currency="Not a currency code we know, such as EUR.")


def _check_complete(fields: dict[str, Any]) -> None:
    faults = {name: "This field is required for a new player." for name in NEEDED_AT_FIRST if not fields.get(name)}
    if faults:
        raise PlayerInvalid("A new player needs a currency and an origin.", **faults)


def _result(player: Player, *, created: bool) -> dict[str, Any]:
    result = "created" if created else "updated"
    return {"external_id": player.external_id, "result": result, "id": player.pk}


def _refusal(external_id: str, error: PlayerInvalid) -> dict[str, Any]:
    told = {"code": error.code, "message": error.message, "details": error.details}
    return {"external_id": external_id, "result": "error", "error": told}
