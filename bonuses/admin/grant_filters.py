"""What the list of grants can be narrowed by. Each has an index that is in the list's own order, or finds few rows."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from bonuses.lifecycle import LIVE
from bonuses.models import BonusTemplate, Grant, Player
from bonuses.models.player import PlayerStatus
from integrations.admin.common import as_uuid

FOUND_AT_MOST = 200
"""Players whose id begins as asked, and grants of one platform id."""
TEMPLATES_OFFERED = 20


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
                inactive = Player.objects.exclude(status=PlayerStatus.ACTIVE).order_by()
                return queryset.filter(status__in=LIVE, player__in=inactive)
            case "needs_person":
                return queryset.filter(needs_person=True)
            case "wish":
                return queryset.exclude(wish="")
        return queryset


class TemplateFilter(admin.SimpleListFilter):
    """The newest ones, and the one that is chosen: by its page's link any can be."""

    title = "template"
    parameter_name = "template"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = as_uuid(self.value() or "")
        newest = list(BonusTemplate.objects.values_list("pk", "name")[:TEMPLATES_OFFERED])
        if chosen is not None and chosen not in {pk for pk, _ in newest}:
            newest += BonusTemplate.objects.filter(pk=chosen).values_list("pk", "name")
        return [(str(pk), name) for pk, name in newest]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        template = as_uuid(self.value() or "")
        return queryset.filter(template=template) if template else queryset.none()


def search_grants(queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
    """By id, by the platform's id, or by how the player's external id begins: a look-up of its own for each.

    Asked in one question, with OR, the database might rather read the whole list in its order.
    """
    term = term.strip()
    if not term:
        return queryset
    of_platform = Grant.objects.filter(platform_bonus_id=term).order_by()
    ids = list(of_platform.values_list("pk", flat=True)[:FOUND_AT_MOST])
    ids += [grant_id for grant_id in (as_uuid(term),) if grant_id is not None]
    found = Player.objects.filter(external_id__startswith=term).order_by("external_id")
    # In their order the whole id comes first.
    players = list(found.values_list("pk", flat=True)[:FOUND_AT_MOST])
    if not players:
        return queryset.filter(pk__in=ids)
    of_players = Q(player=players[0]) if len(players) == 1 else Q(player__in=players)
    return queryset.filter(of_players | Q(pk__in=ids) if ids else of_players)
