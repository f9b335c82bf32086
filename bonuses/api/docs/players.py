from drf_spectacular.utils import OpenApiExample

from bonuses.api.docs.examples import BATCH, BATCH_RESULT, IDENTIFY, PLAYER
from bonuses.api.docs.operation import described, operation
from bonuses.api.docs.player_shapes import BatchResult, Player, PlayerBatch
from bonuses.api.serializers import IdentifyPlayer

TAG = "Players"
LINKS = {
    "getPlayer": {"parameters": {"id": "$response.body#/data/id"}, "description": "The player."},
    "issueGrant": {
        "requestBody": {"player_id": "$response.body#/data/id"},
        "description": "Give a bonus to this player.",
    },
    "listGrants": {"parameters": {"player_id": "$response.body#/data/id"}, "description": "The player's grants."},
}
ROW = OpenApiExample("player", value=PLAYER, response_only=True)

describe_players = described(
    list=operation(
        "listPlayers",
        "List players",
        "Newest first. An empty filter does not filter.",
        tag=TAG,
        answers={200: (Player, "A page of players.")},
        wrapped="page",
        filters={
            "external_id": "Only the player with this id of the operator.",
            "status": "Only players in this state.",
            "origin": "Only players of this brand.",
        },
        examples=[ROW],
    ),
    retrieve=operation(
        "getPlayer",
        "Read a player",
        "The full row.",
        tag=TAG,
        answers={200: (Player, "The player.")},
        errors=["PLAYER_NOT_FOUND"],
        links=LINKS,
        examples=[ROW],
    ),
    identify=operation(
        "identifyPlayer",
        "Make or update a player",
        "Finds the player by `external_id`. Fields that are absent or null stay as they are, but a null `country` is "
        "none; a new player needs `currency` and `origin`. Amounts are minor units of the player's currency.",
        tag=TAG,
        answers={200: (Player, "The player was updated."), 201: (Player, "The player was made.")},
        links=LINKS,
        request=IdentifyPlayer,
        examples=[OpenApiExample("player", value=IDENTIFY, request_only=True), ROW],
    ),
)

describe_player_batch = described(
    identify_batch=operation(
        "identifyPlayers",
        "Make or update many players",
        "Up to 1,000 rows, each as for one player, in one body of up to 4 MiB. A bad row does not stop the others.",
        tag=TAG,
        answers={200: (BatchResult, "One result a row, in order.")},
        wrapped="rows",
        request=PlayerBatch,
        examples=[
            OpenApiExample("two players, one bad", value=BATCH, request_only=True),
            OpenApiExample("created", value=BATCH_RESULT, response_only=True),
        ],
    ),
)
