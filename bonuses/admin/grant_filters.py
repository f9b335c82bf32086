from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from bonuses.lifecycle import LIVE
from bonuses.models import Player
from bonuses.models.player import PlayerStatus
from bonuses.models.template import BonusType
from integrations.admin.common import as_uuid

PLAYERS_SEARCHED = 200


class AttentionFilter(admin.SimpleListFilter):
    title = "waits for something"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("player_not_active", "live, but the player is not active"),
            ("needs_person", "a person must say what became of it"),
            ("wish", "is to end, not carried out yet"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "player_not_active":
                return queryset.filter(status__in=LIVE).exclude(player__status=PlayerStatus.ACTIVE)
            case "needs_person":
                return queryset.filter(needs_person=True)
            case "wish":
                return queryset.exclude(wish="")
        return queryset


class TemplateTypeFilter(admin.SimpleListFilter):
    title = "type of template"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(type_.value, type_.label) for type_ in BonusType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(template__type=self.value()) if self.value() else queryset


def search_grants(queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By id, by the platform's id, or by how the player's external id begins; each of them has an index."""
    term = term.strip()
    if not term:
        return queryset
    players = list(Player.objects.filter(external_id__startswith=term).values_list("pk", flat=True)[:PLAYERS_SEARCHED])
    wanted = Q(platform_bonus_id=term) | Q(player__in=players)
    grant_id = as_uuid(term)
    return queryset.filter(wanted | Q(pk=grant_id) if grant_id else wanted)
