"""What the lists can be filtered by."""

from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Subquery

from bonuses.api.bodies import NO_TIME, as_moment, as_uuid
from bonuses.lifecycle import Status
from bonuses.models.grant import GrantedByKind
from bonuses.models.player import Player, PlayerStatus
from bonuses.models.template import BonusType, Product, TemplateStatus


class _IdField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = as_uuid(text)
        if found is None:
            raise ValidationError("Must be a UUID.")
        return found


class _TimeField(forms.CharField):
    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = as_moment(text)
        if found is None:
            raise ValidationError(NO_TIME)
        return found


class IdFilter(filters.Filter):
    field_class = _IdField


class TimeFilter(filters.Filter):
    field_class = _TimeField


def of_player(grants: QuerySet[Any], _name: str, external_id: str) -> QuerySet[Any]:
    # One value, and not a join: only then are a player's grants read in order from their index, at any depth.
    return grants.filter(player=Subquery(Player.objects.filter(external_id=external_id).order_by().values("pk")))


class TemplateFilters(filters.FilterSet):
    status = filters.ChoiceFilter(choices=TemplateStatus.choices)
    type = filters.ChoiceFilter(choices=BonusType.choices)
    product = filters.ChoiceFilter(choices=Product.choices)
    q = filters.CharFilter(field_name="name", lookup_expr="icontains")


class GrantFilters(filters.FilterSet):
    """`created_after` takes in its own moment and `created_before` does not, so that neighbours never overlap."""

    player_id = IdFilter()
    player_external_id = filters.CharFilter(method=of_player)
    template_id = IdFilter()
    campaign_id = IdFilter()
    platform_bonus_id = filters.CharFilter()
    status = filters.ChoiceFilter(choices=[(status.value, status.value) for status in Status])
    granted_by_kind = filters.ChoiceFilter(choices=GrantedByKind.choices)
    created_after = TimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = TimeFilter(field_name="created_at", lookup_expr="lt")


class PlayerFilters(filters.FilterSet):
    external_id = filters.CharFilter()
    status = filters.ChoiceFilter(choices=PlayerStatus.choices)
    origin = filters.CharFilter()
