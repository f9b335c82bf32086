"""What the rows ask for while somebody works on them: themselves anew, and who matches. Nothing is written."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from campaigns.admin.live_count import counted, table_of
from campaigns.admin.rules.field import rendered
from campaigns.admin.rules.nodes import to_tree
from campaigns.admin.rules.posted import from_posted
from campaigns.rules import RulesInvalid, parse
from campaigns.segments import players_that
from integrations.admin.common import AnyModelAdmin

NAME = "rules"
CHANGED = "rulesChanged"
EDITORS = ("campaigns.add_segment", "campaigns.change_segment")


def rules_urls(model_admin: AnyModelAdmin) -> list[URLPattern]:
    wrap = model_admin.admin_site.admin_view
    return [
        path("rules/", wrap(rules_part), name="campaigns_segment_rules"),
        path("rules/count/", wrap(count_part), name="campaigns_segment_rules_count"),
    ]


def rules_part(request: HttpRequest) -> HttpResponse:
    """With what a button or another choice made of them."""
    if refused := _refused(request):
        return refused
    root = from_posted(request.POST, NAME)
    return HttpResponse(rendered(root, part=True), headers={"HX-Trigger-After-Settle": CHANGED})


def count_part(request: HttpRequest) -> HttpResponse:
    if refused := _refused(request):
        return refused
    tree = to_tree(from_posted(request.POST, NAME))
    context: dict[str, Any] = {"words": "Add a rule to see who matches."}
    if tree is not None:
        try:
            found = counted(players_that(parse(tree)))
            context = {"words": found.words, "tables": [table_of(found)] if found.some else []}
        except RulesInvalid:
            context = {"words": "Complete the rules to see who matches."}
    return TemplateResponse(request, "admin/campaigns/segment/rules_count.html", context)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """POST for its size: a long list of values does not fit into an address."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not any(request.user.has_perm(permission) for permission in EDITORS):
        raise PermissionDenied
    return None
