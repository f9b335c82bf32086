"""Every page of the admin: found by its URLs, each with rows that it has something to show of."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.http import urlencode

from bonusdesk.tests.admin_rows import MAKE, MANY, SINKS, event
from bonuses import tasks
from bonuses.models import BonusTemplate, CancelItem, CancelJob, Grant, Player, Stop
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from campaigns.models import Campaign, Segment
from campaigns.tests.approving import approved, costly
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import CampaignFactory, SegmentFactory
from integrations.ids import new_id
from integrations.models import OutgoingEvent, SinkState

Arguments = tuple[Any, ...]

NO_MODEL = "the desk"
"""Stands for the pages that are about no model, such as the first one."""
LEADING_ELSEWHERE = {"<path:object_id>/", "(?P<url>.*)$"}
"""What Django adds without a name: it finishes an address."""
NO_PAGES = {
    "admin:autocomplete": "JSON",
    "admin:jsi18n": "a script",
    "admin:login": "for who is not signed in",
    "admin:logout": "takes a POST alone",
    "admin:view_on_site": "leads elsewhere",
    "admin:bonuses_bonustemplate_sketch": "a part, by POST",
    "admin:bonuses_bonustemplate_sketch_new": "a part, by POST",
    "admin:bonuses_canceljob_status": "a part",
    "admin:bonuses_canceljob_stop": "takes a POST alone",
    "admin:campaigns_campaign_build": "leads to the first step",
    "admin:campaigns_campaign_build_count": "a part",
    "admin:campaigns_campaign_build_terms": "a part",
    "admin:campaigns_campaign_chart": "a picture",
    "admin:campaigns_campaign_csv": "a file",
    "admin:campaigns_campaign_currency": "a part",
    "admin:campaigns_campaign_status": "a part",
    "admin:campaigns_segment_rules": "a part, by POST",
    "admin:campaigns_segment_rules_count": "a part, by POST",
    "desk-chart": "a picture",
    "desk-session": "a part",
    "desk-running": "a part",
}
"""By name, with what it is. Any other address is a page and is looked at."""

LONG = "Welcome back after the long winter: the second deposit match for players who have not been here since autumn"
LONG_WORD = "https://127.0.0.1/" + "a-path-without-a-single-space/" * 8


def labels() -> list[str]:
    """Of the models with pages, and `NO_MODEL`."""
    return [*sorted(model._meta.label_lower for model in admin.site._registry), NO_MODEL]


def model_admin_of(label: str) -> Any:
    return admin.site._registry[apps.get_model(label)]


def may(label: str, verb: str) -> bool:
    """Whether anybody does this to rows of the model at all: only the system writes some."""
    return bool(getattr(model_admin_of(label), f"has_{verb}_permission")(_request()))


def actions_of(label: str) -> list[str]:
    return list(model_admin_of(label).get_actions(_request()))


def all_names() -> set[str]:
    return {name for name, _ in _named()}


def names_of(label: str) -> list[tuple[str, tuple[str, ...]]]:
    """Of the pages that are about this model, with the names of their parameters."""
    return sorted({found for found in _named() if _label_of(found[0]) == label and found[0] not in NO_PAGES})


def pages_of(label: str) -> list[str]:
    """Their addresses. Makes the rows."""
    row: Any = None
    if label == NO_MODEL:
        everything()
    else:
        row = rows_of(label)
    found = [
        reverse(name, args=arguments)
        for name, parameters in names_of(label)
        if _is_open(name, label)
        for arguments in (FOR[name]() if name in FOR else [tuple(row.pk for _ in parameters)])
    ]
    found += MORE[label](row) if label in MORE else []
    lengthen()
    return found


def rows_of(label: str) -> Any:
    # The front page makes the row of a sink that has none yet.
    SinkState.objects.all().delete()
    AdapterFactory()
    return MAKE[label]()


def everything() -> None:
    """Rows of every model, and everything in trouble that can be."""
    for label in MAKE:
        rows_of(label)
    tasks.count_grants()


def lengthen() -> None:
    """Names and remarks as long as they come."""
    BonusTemplate.objects.update(name=LONG)
    Campaign.objects.update(name=LONG)
    Segment.objects.update(name=LONG)
    Grant.objects.filter(status="failed").update(failure_message=LONG_WORD)
    OutgoingEvent.objects.exclude(last_error="").update(last_error=LONG_WORD)
    SinkState.objects.update(last_error=LONG_WORD, last_error_at=timezone.now())
    Stop.objects.update(reason=LONG)
    for number, player in enumerate(Player.objects.all()[:MANY]):
        Player.objects.filter(pk=player.pk).update(external_id=f"{number}-{'x' * 100}")


def _named(patterns: Any = None, space: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    if patterns is None:
        patterns = [found for found in get_resolver().url_patterns if str(found.pattern).startswith("admin/")]
    for found in patterns:
        if isinstance(found, URLResolver):
            yield from _named(found.url_patterns, f"{found.namespace}:" if found.namespace else space)
        elif found.name or str(found.pattern) not in LEADING_ELSEWHERE:
            # One without a name is given as it is, which `reverse` then finds no page for.
            yield f"{space}{found.name or found.pattern}", _parameters(found)


def _parameters(found: URLPattern) -> tuple[str, ...]:
    return tuple(found.pattern.converters or found.pattern.regex.groupindex)


def _label_of(name: str) -> str:
    of_model = (label for label in labels() if name.startswith(f"admin:{label.replace('.', '_')}_"))
    return next(of_model, NO_MODEL)


def _is_open(name: str, label: str) -> bool:
    verb = name.rpartition("_")[2]
    return verb not in {"add", "delete"} or may(label, verb)


def _request() -> Any:
    """Of somebody who may everything."""
    request = RequestFactory().get("/admin/")
    request.user = User(is_active=True, is_superuser=True)
    return request


def _apps() -> list[Arguments]:
    return [(label,) for label in sorted({model._meta.app_label for model in admin.site._registry})]


def _campaigns() -> list[Arguments]:
    """One in each state that its page shows in another way."""
    paused = begun("paused", snapshot_at=timezone.now(), audience_count=3, status_reason=LONG)
    with_recipients(paused, ["granted", "failed", "pending"])
    return [(_draft(),), (MAKE["campaigns.campaign"]().pk,), (paused.pk,), (_approved(),)]


def _draft() -> Any:
    PlayerFactory.create_batch(3)
    return costly(segment=SegmentFactory(), budget_amount=100_000, holdout_percent=10).pk


def _approved() -> Any:
    PlayerFactory()
    campaign = costly()
    approved(campaign)
    return campaign.pk


def _steps() -> list[Arguments]:
    draft, steps = _draft(), ("audience", "template", "timing", "budget", "holdout", "review")
    return [(new_id(), steps[0]), *((draft, step) for step in steps)]


def _jobs() -> list[Arguments]:
    return [(_job(status),) for status in ("running", "done")]


def _job(status: str) -> Any:
    job = CancelJob.objects.create(created_by="olga", status=status, total=2, selection="2 by hand", reason="a leak")
    for outcome in ("cancelled", "") if status == "running" else ("cancelled", "refused"):
        CancelItem.objects.create(job=job, grant=GrantFactory(), outcome=outcome, detail=LONG if outcome else "")
    return job.pk


def _grants() -> list[Arguments]:
    looked_at = MAKE["bonuses.grant"]()
    failed = GrantFactory(status="failed", failure_code="REJECTED", failure_message="no")
    return [(looked_at.pk,), (failed.pk,), (_doubtful(),)]


def _doubtful() -> Any:
    return GrantFactory(status="queued", needs_person=True).pk


def _parked() -> list[Arguments]:
    return [(held.sink, held.grant_id) for held in [event(sink=SINKS[0], parked_at=timezone.now(), last_error="400")]]


def _paused_sink() -> list[Arguments]:
    SinkState.objects.filter(sink=SINKS[1]).update(paused_at=timezone.now(), paused_by="max", pause_reason=LONG)
    return [(SINKS[1],)]


FOR: dict[str, Callable[[], Iterable[Arguments]]] = {
    "admin:app_list": _apps,
    "admin:bonuses_bonustemplate_set": lambda: [(TemplateFactory().pk, wanted) for wanted in ("paused", "archived")],
    "admin:bonuses_canceljob_change": _jobs,
    "admin:bonuses_canceljob_start": lambda: [(_job("draft"),)],
    "admin:bonuses_grant_change": _grants,
    "admin:bonuses_grant_resolve": lambda: [(_doubtful(),)],
    "admin:campaigns_campaign_approve": lambda: [(_draft(),)],
    "admin:campaigns_campaign_build_step": _steps,
    "admin:campaigns_campaign_change": _campaigns,
    "admin:campaigns_campaign_delete": lambda: [(CampaignFactory().pk,)],
    "admin:campaigns_campaign_issue": lambda: [(_draft(),)],
    "admin:campaigns_campaign_preview": lambda: [(_draft(),)],
    "admin:campaigns_campaign_resume": lambda: [(begun("paused", status_reason=LONG).pk,)],
    "admin:campaigns_campaign_withdraw": lambda: [(_approved(),)],
    "admin:integrations_sinkstate_resume": _paused_sink,
    "admin:integrations_sinkstate_send_again": _parked,
    "admin:integrations_sinkstate_skip": _parked,
}
"""What a page is about where the row of its model won't do."""


def _why_of_grants(grant: Any) -> list[str]:
    asked = urlencode({"player": str(grant.player_id), "template": str(grant.template_id)})
    nothing = reverse("admin:bonuses_grant_changelist", query={"q": "nobody"})
    return [f"{reverse('admin:bonuses_grant_why')}?{asked}", nothing]


def _why_of_campaigns(campaign: Any) -> list[str]:
    asked = urlencode({"player": str(campaign.recipients.first().player_id), "campaign": str(campaign.pk)})
    return [f"{reverse('admin:campaigns_campaign_why')}?{asked}"]


MORE: dict[str, Callable[[Any], list[str]]] = {
    "bonuses.grant": _why_of_grants,
    "campaigns.campaign": _why_of_campaigns,
    "campaigns.segment": lambda segment: [
        reverse("admin:campaigns_segment_add", query={"as": "json"}),
        reverse("admin:campaigns_segment_change", args=[SegmentFactory().pk]),
    ],
}
"""The same pages with something else in them."""
