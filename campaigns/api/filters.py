"""What the lists can be filtered by."""

import django_filters as filters

from bonuses.api.filters import IdFilter
from campaigns.lifecycle import Outcome, Status


class CampaignFilters(filters.FilterSet):
    status = filters.ChoiceFilter(choices=[(status.value, status.value) for status in Status])
    template_id = IdFilter()
    segment_id = IdFilter()
    q = filters.CharFilter(field_name="name", lookup_expr="icontains")


class RecipientFilters(filters.FilterSet):
    status = filters.ChoiceFilter(choices=[(outcome.value, outcome.value) for outcome in Outcome])
