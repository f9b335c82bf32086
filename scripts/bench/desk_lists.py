"""What a list can be asked: each filter by what most and by what fewest rows are like, a search, an order, a page."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from bonuses.admin.grant_list import OLDER, OLDEST_FIRST, GrantChangeList, place_of
from scripts.bench.desk_pages import Pages, addresses
from scripts.bench.desk_sides import Side, Sides

FROM_THE_END = 60
"""More than a page has."""


def every_list(sides: Sides) -> dict[str, tuple[str, str]]:
    """In the small and in the large database: their last pages have not the same address."""
    found: dict[str, tuple[str, str]] = {}
    for address in _lists(sides.few):
        with sides.large.in_use() as client:
            asked = _asked(client, address, sides.few)
        ends = [_ends(side, address) for side in (sides.small, sides.large)]
        name = address.removeprefix("/admin/")
        found |= {f"{name} {said}": (_as_full(sides, address, where), where) for said, where in asked.items()}
        found |= {f"{name} {said}": (ends[0].get(said, address), where) for said, where in ends[1].items()}
    return found


def _as_full(sides: Sides, address: str, asked: str) -> str:
    """Where fewer rows are found in the small database, its whole list: a full page is held against a full one."""
    counts = []
    for side in (sides.small, sides.large):
        with side.in_use() as client:
            counts.append(len(_shown(client, asked).result_list))
    return asked if counts[0] >= counts[1] else address


def _lists(few: dict[str, Any]) -> Iterator[str]:
    for name, arguments in addresses():
        if name.endswith("_changelist") and not arguments:
            yield reverse(name)
    # Within one campaign there are filters of their own.
    yield f"{reverse('admin:campaigns_recipient_changelist')}?campaign={few['campaigns.campaign'].pk}"


def _asked(client: Client, address: str, few: dict[str, Any]) -> Pages:
    found: Pages = {}
    shown = _shown(client, address)
    for spec in shown.filter_specs:
        found |= dict(_filtered(client, address, spec, shown))
    if shown.search_fields:
        for said, term in _terms(few).items():
            found[f"search {said}"] = _with(address, q=term)
    for number, column in enumerate(shown.list_display):
        if shown.get_ordering_field(column) and (shown.sortable_by is None or column in shown.sortable_by):
            found[f"by {column}"] = _with(address, o=number)
    return found


def _filtered(client: Client, address: str, spec: Any, shown: Any) -> Iterator[tuple[str, str]]:
    """The choices that most and fewest rows are like, nobody among them."""
    path = address.partition("?")[0]
    choices = {str(choice["display"]): f"{path}{choice['query_string']}" for choice in list(spec.choices(shown))[1:]}
    by_count = sorted(choices, key=lambda said: _count(_shown(client, choices[said]).queryset))
    for said in {*by_count[:1], *by_count[-1:]}:
        yield f"{spec.title}: {said}", choices[said]


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by().values("pk").count()


def _terms(few: dict[str, Any]) -> dict[str, str]:
    grant, player = few["bonuses.grant"], few["bonuses.player"]
    return {
        "for a player": player.external_id,
        "for many players": "bench-1",
        "for a platform's id": grant.platform_bonus_id,
        "for an id": str(grant.pk),
        "for nothing there": "nothing-of-that-kind",
    }


def _ends(side: Side, address: str) -> Pages:
    """The second page and the last that can be reached."""
    with side.in_use() as client:
        shown = _shown(client, address)
        if isinstance(shown, GrantChangeList):
            last = shown.queryset.order_by(*OLDEST_FIRST)[FROM_THE_END:][:1]
            ends = {"second page": shown.older_url, "last page": _with("", **{OLDER: str(place_of(last[0]))})}
            return {said: f"{address}{query}" for said, query in ends.items() if query}
        pages = shown.paginator.num_pages
    if pages < 2:
        return {}
    return {"second page": _with(address, p=2), "last page": _with(address, p=pages)}


def _shown(client: Client, address: str) -> Any:
    response: Any = client.get(address)
    return response.context_data["cl"]


def _with(address: str, **query: Any) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
