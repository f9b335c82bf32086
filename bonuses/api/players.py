from typing import Any, ClassVar

from pydantic import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from bonuses.api.bodies import faults, read
from bonuses.api.columns import selected
from bonuses.api.docs.players import describe_player_batch, describe_players
from bonuses.api.filters import PlayerFilters
from bonuses.api.rows import PLAYER_COLUMNS, player_row
from bonuses.api.serializers import IdentifyBatch, IdentifyPlayer, player_fields
from bonuses.api.viewsets import RowViewSet
from bonuses.models import Player
from bonuses.services.identify_player import identify, identify_many
from bonuses.services.issue import PlayerNotFound


@describe_players
class PlayerViewSet(RowViewSet):
    queryset = selected(Player, PLAYER_COLUMNS)
    columns = PLAYER_COLUMNS
    row = player_row
    filterset_class = PlayerFilters
    permissions_needed: ClassVar = {
        "list": "bonuses.view_player",
        "retrieve": "bonuses.view_player",
        "identify": ("bonuses.add_player", "bonuses.change_player"),
        "identify_batch": ("bonuses.add_player", "bonuses.change_player"),
    }

    def missing(self, pk: str) -> PlayerNotFound:
        return PlayerNotFound(f"There is no player {pk}.")

    def identify(self, request: Request) -> Response:
        player, created = identify(fields=player_fields(read(request, IdentifyPlayer)))
        return Response(self.one(player.pk), status=201 if created else 200)


@describe_player_batch
class PlayerBatchViewSet(PlayerViewSet):
    max_body_bytes = 4 * 1024 * 1024

    def identify_batch(self, request: Request) -> Response:
        rows = read(request, IdentifyBatch).players
        read_rows = [_read_row(row) for row in rows]
        results = iter(identify_many([fields for fields, _ in read_rows if fields is not None]))
        return Response([refusal or next(results) for _, refusal in read_rows])


def _read_row(row: Any) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The fields of a good row, or the result of a bad one."""
    try:
        return player_fields(IdentifyPlayer.model_validate(row)), None
    except ValidationError as error:
        external_id = row.get("external_id") if isinstance(row, dict) else None
        told = {"code": "VALIDATION_ERROR", "message": "The player is not acceptable.", "details": faults(error)}
        return None, {"external_id": external_id, "result": "error", "error": told}
