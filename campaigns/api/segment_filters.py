import django_filters as filters

from campaigns.models.segment import SegmentKind


class SegmentFilters(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=SegmentKind.choices)
    q = filters.CharFilter(field_name="name", lookup_expr="icontains")
