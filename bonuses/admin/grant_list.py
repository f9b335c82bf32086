"""The list of grants, in pages by key: a page costs the same at any depth, and nothing counts ten million rows."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from bonuses.models import Grant
from integrations.admin.common import as_uuid
from integrations.time_limit import TookTooLong, within

OLDER, NEWER = "after", "before"
"""Parameters: the place after which, or before which, the page lies; the newest comes first."""
NEWEST_FIRST = ("-created_at", "-pk")
OLDEST_FIRST = ("created_at", "pk")
COUNTED_AT_MOST = 1000
SECONDS = 5.0
"""For each statement. A filter alone has an index; several that hardly ever meet have none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Between two rows: next to this one."""

    created_at: datetime
    pk: uuid.UUID

    def __str__(self) -> str:
        return f"{self.created_at.isoformat()}~{self.pk}"

    @property
    def older(self) -> Q:
        # The first part is what an index is read by.
        beyond = Q(created_at__lt=self.created_at) | Q(pk__lt=self.pk)
        return Q(created_at__lte=self.created_at) & beyond

    @property
    def newer(self) -> Q:
        beyond = Q(created_at__gt=self.created_at) | Q(pk__gt=self.pk)
        return Q(created_at__gte=self.created_at) & beyond


def place_of(grant: Grant) -> Place:
    return Place(grant.created_at, grant.pk)


def read_place(text: str) -> Place:
    """Raises `IncorrectLookupParameters`."""
    at, _, pk = text.partition("~")
    try:
        created_at = parse_datetime(at)
    except ValueError:
        created_at = None
    grant_id = as_uuid(pk)
    if created_at is None or created_at.tzinfo is None or grant_id is None:
        raise IncorrectLookupParameters
    return Place(created_at, grant_id)


class GrantChangeList(ChangeList):
    older_url: str | None = None
    newer_url: str | None = None
    newest_url: str | None = None
    """From everywhere but the first page."""
    is_capped = False
    took_too_long = False

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in {OLDER, NEWER}}

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Whatever else is chosen, it begins at the first page."""
        return super().get_query_string(new_params, [*(remove or ()), OLDER, NEWER])

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """No other: that is what the pages go by, and what has an index."""
        return list(NEWEST_FIRST)

    def get_ordering_field_columns(self) -> dict[int, Any]:
        return {}

    def get_results(self, request: HttpRequest) -> None:
        after, before = self.params.pop(OLDER, ""), self.params.pop(NEWER, "")
        found: list[Grant] = []
        count = 0
        self.newest_url = self.get_query_string() if after or before else None
        try:
            with within(SECONDS):
                found = self._page(after, before)
                # Where all are on one page there is nothing to count.
                count = self._count() if self.older_url or self.newer_url else len(found)
        except TookTooLong:
            self.took_too_long, self.older_url, self.newer_url, found = True, None, None, []
        self.result_list = found
        self.is_capped = count > COUNTED_AT_MOST
        # The same twice: then nothing is said of results beside the search, since it is said below the list.
        self.result_count = self.full_result_count = min(count, COUNTED_AT_MOST)
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(found, self.list_per_page)

    def _page(self, after: str, before: str) -> list[Grant]:
        rows, size = self.queryset, self.list_per_page
        if before:
            rows = rows.filter(read_place(before).newer).order_by(*OLDEST_FIRST)
        elif after:
            rows = rows.filter(read_place(after).older)
        found: list[Grant] = list(rows[: size + 1])
        has_more = len(found) > size
        del found[size:]
        if before:
            found.reverse()
        if found and (has_more or before):
            self.older_url = self.get_query_string({OLDER: str(place_of(found[-1]))})
        if found and (after or (before and has_more)):
            self.newer_url = self.get_query_string({NEWER: str(place_of(found[0]))})
        return found

    def _count(self) -> int:
        counted: int = self.queryset.order_by().values("pk")[: COUNTED_AT_MOST + 1].count()
        return counted
