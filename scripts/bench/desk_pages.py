"""Every page of the admin there is: found among its addresses, so that a new one is looked at without a word here.

What an address needs besides (the row it is about, the step, the filter) is filled in. Where nobody knows with what,
the bench ends and says so.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bonusdesk.desk.charts import CHARTS
from bonuses.models.template import TemplateStatus
from campaigns.admin.build_pages import STEPS
from integrations.models import OutgoingEvent
from scripts.bench.base import BenchFailed

NOT_OURS = frozenset({"admin:login", "admin:logout", "admin:jsi18n", "admin:view_on_site", "admin:autocomplete"})
BY_ARGUMENT = {"template_id": "bonuses.bonustemplate", "job_id": "bonuses.canceljob", "sink": "integrations.sinkstate"}
"""Of which model it names a row, where its own name does not say."""
NAMED: dict[str, Sequence[str]] = {
    "app_label": sorted({model._meta.app_label for model in admin.site._registry}),
    "name": sorted(CHARTS),
    "step": STEPS,
    "wanted": [TemplateStatus.PAUSED.value],
}

Pages = dict[str, str]
"""Addresses by what they are."""


class Choice(NamedTuple):
    value: Any
    said: str = ""


def every_page(few: dict[str, Any], *, in_each_state: bool) -> Pages:
    """But for what lists can be asked: see `desk_lists`."""
    found: Pages = {}
    queries = _queries(few)
    for name, arguments in addresses():
        choices = [_choices(name, argument, arguments, few, in_each_state=in_each_state) for argument in arguments]
        for given in product(*choices):
            said = " ".join([name.removeprefix("admin:"), *(one.said for one in given if one.said)])
            values = dict(zip(arguments, (one.value for one in given), strict=True))
            address = reverse(name, kwargs=values)
            found[said] = address
            for query in queries.get(name, ()):
                found[f"{said} by {', '.join(query)}"] = f"{address}?{urlencode(query)}"
    return found


def _queries(few: dict[str, Any]) -> dict[str, Sequence[dict[str, Any]]]:
    """What else a page is asked. The player is one to whom the campaign gave something."""
    player, template = few["bonuses.player"].external_id, few["bonuses.bonustemplate"].pk
    campaign, segment = few["campaigns.campaign"].pk, few["campaigns.segment"].pk
    return {
        "admin:bonuses_grant_why": [{"player": player, "template": template}],
        "admin:bonuses_grant_add": [{"player": player, "template": template}],
        "admin:bonuses_bonustemplate_add": [{"from": template}],
        "admin:campaigns_campaign_why": [{"player": player, "campaign": campaign}],
        "admin:campaigns_campaign_build_count": [{"segment": segment}, {"holdout_percent": 5}],
        "admin:campaigns_campaign_build_terms": [{"template": template}],
        "admin:bonuses_canceljob_change": [{"outcome": "refused"}],
    }


def addresses() -> Iterator[tuple[str, Sequence[str]]]:
    """Names, each with the arguments it takes."""
    for name, pattern in _named(get_resolver().url_patterns):
        if name not in NOT_OURS:
            yield name, sorted(pattern.pattern.regex.groupindex)


def _named(patterns: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if prefix or pattern.namespace == "admin":
                yield from _named(pattern.url_patterns, "admin:")
        elif pattern.name and (prefix or str(pattern.pattern).startswith("admin/")):
            yield f"{prefix}{pattern.name}", pattern


def _choices(
    name: str, argument: str, beside: Sequence[str], few: dict[str, Any], *, in_each_state: bool
) -> Sequence[Choice]:
    if argument in NAMED:
        return [Choice(value, value) for value in NAMED[argument]]
    if argument == "grant_id" and "sink" in beside:
        parked = OutgoingEvent.objects.filter(sink=few["integrations.sinkstate"].pk, parked_at__isnull=False)
        return [Choice(grant_id) for grant_id in parked.order_by("pk").values_list("grant_id", flat=True)[:1]]
    row = few.get(_label(name, argument))
    if row is None:
        raise BenchFailed(f"Nobody knows what {argument} may be at {name}.")
    return [Choice(row.pk), *(_other_states(row) if in_each_state else ())]


def _label(name: str, argument: str) -> str:
    if argument in BY_ARGUMENT:
        return BY_ARGUMENT[argument]
    for model in admin.site._registry:
        meta = model._meta
        is_its_own = argument in {"object_id", "id"} and name.startswith(f"admin:{meta.app_label}_{meta.model_name}_")
        if is_its_own or argument == f"{meta.model_name}_id":
            return meta.label_lower
    return ""


def _other_states(row: Model) -> Iterator[Choice]:
    """A row for each other state that such rows are in: not the same can be done with them."""
    if "status" not in {field.name for field in row._meta.fields}:
        return
    rows: Any = type(row)._default_manager.order_by("pk")
    mine = getattr(row, "status")  # noqa: B009  few models have one
    for state in rows.order_by("status").values_list("status", flat=True).distinct():
        if state != mine:
            yield Choice(rows.filter(status=state).values_list("pk", flat=True)[0], state)
