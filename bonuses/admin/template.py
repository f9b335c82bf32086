import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bonuses.admin.facts import fact, facts
from bonuses.admin.once import OnceAdmin
from bonuses.admin.template_fields import PREFIX
from bonuses.admin.template_form import TemplateForm, copy_of
from bonuses.admin.template_history import history_page
from bonuses.admin.template_panel import CONFIG_CLASS, Panel, in_a_line, panel_of, panel_of_form, sketch, stored_terms
from bonuses.admin.template_status import set_several, status_links, status_page
from bonuses.models import BonusTemplate, TermsRevision
from bonuses.models.template import BonusType, TemplateStatus
from bonuses.services.change_template import change_template
from bonuses.services.create_template import create_template
from bonuses.services.remove_template import remove_template
from bonuses.terms_words import headline
from integrations import currencies
from integrations.admin.common import PageWithMore, Table, actor, as_uuid, when

REVISIONS_SHOWN = 50
CONFIG = tuple(name for name in TemplateForm.base_fields if name.startswith(PREFIX))
SHOWN = {"max_bet_during_wagering": "max_bet_shown", "max_win_cap": "max_win_shown"}
"""What stands in for the amounts where they can't be changed."""


@admin.register(BonusTemplate)
class TemplateAdmin(PageWithMore, OnceAdmin):
    form = TemplateForm
    change_form_template = "admin/bonuses/bonustemplate/change_form.html"
    list_display = ("name", "terms", "status", "bonus_code", "created_at")
    list_filter = ("status", "type", "product")
    search_fields = ("name", "bonus_code")
    actions = ("activate", "pause", "archive")
    fieldsets = (
        (None, {"fields": ("name", "type", "status", "product", "bonus_code")}),
        ("What is given", {"fields": CONFIG, "classes": (CONFIG_CLASS,)}),
        (
            "Wagering",
            {
                "fields": (
                    "wagering_requirement_multiplier",
                    "wagering_basis",
                    "game_contribution",
                    "max_bet_during_wagering",
                    "max_bet_action",
                )
            },
        ),
        ("Limits", {"fields": ("time_limit_hours", "max_grants_per_player", "max_win_cap")}),
        ("Events", {"fields": ("fasttrack_type",)}),
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("sketch/", view(self.sketch_new), name="bonuses_bonustemplate_sketch_new"),
            path("<uuid:template_id>/sketch/", view(self.sketch_changed), name="bonuses_bonustemplate_sketch"),
            path("<uuid:template_id>/set/<str:wanted>/", view(self.set_status), name="bonuses_bonustemplate_set"),
        ]
        return own + super().get_urls()

    def sketch_new(self, request: HttpRequest) -> HttpResponse:
        return sketch(self, request, None)

    def sketch_changed(self, request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
        return sketch(self, request, get_object_or_404(BonusTemplate, pk=template_id))

    def set_status(self, request: HttpRequest, template_id: uuid.UUID, wanted: str) -> HttpResponse:
        return status_page(self, request, template_id, wanted)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return history_page(self, request, object_id)

    def get_fieldsets(self, request: HttpRequest, obj: BonusTemplate | None = None) -> Any:
        """Who may only read sees the config as a list, not as the fields of a form, and amounts with their currency."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return tuple((title, {**options, "fields": _to_read(options["fields"])}) for title, options in self.fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: BonusTemplate | None = None) -> tuple[str, ...]:
        if obj is None or self.has_change_permission(request, obj):
            return ()
        return ("config_shown", *SHOWN.values())

    @admin.display(description="terms")
    def terms(self, template: BonusTemplate) -> str:
        return in_a_line(template)

    @admin.display(description="config")
    def config_shown(self, template: BonusTemplate) -> SafeString:
        return facts(template.config, template.config.get("currency"))

    @admin.display(description="largest bet during wagering")
    def max_bet_shown(self, template: BonusTemplate) -> str:
        return fact("max_bet_during_wagering", template.max_bet_during_wagering, template.config.get("currency"))

    @admin.display(description="most that can be won")
    def max_win_shown(self, template: BonusTemplate) -> str:
        return fact("max_win_cap", template.max_win_cap, template.config.get("currency"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?from=<id>` begins with a copy of that one."""
        source = as_uuid(request.GET.get("from", ""))
        template = BonusTemplate.objects.filter(pk=source).first() if source else None
        if template is not None and self.has_view_or_change_permission(request, template):
            return copy_of(template)
        return dict(super().get_changeform_initial_data(request))

    def save_model(self, request: HttpRequest, obj: BonusTemplate, form: Any, change: bool) -> None:
        if change:
            changes = form.template_changes()
            if changes:
                since = form.unchanged_since()
                change_template(template_id=obj.pk, changes=changes, by=actor(request), unchanged_since=since)
        else:
            fields = {**form.template_fields(), "id": self.key_of(request) or obj.pk}
            obj.pk = create_template(fields=fields, by=actor(request)).pk
        obj.refresh_from_db()

    def get_deleted_objects(self, objs: Iterable[BonusTemplate], request: HttpRequest) -> Any:
        """Nothing stands in the way: what was granted is archived instead."""
        names = [f"{template} (archived instead, if it was ever granted)" for template in objs]
        return names, {"bonus templates": len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: BonusTemplate) -> None:
        remove_template(template_id=obj.pk, by=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> None:
        for template in queryset:
            remove_template(template_id=template.pk, by=actor(request))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        if BonusTemplate.objects.filter(pk=obj_id).exists():
            messages.info(request, f"“{obj_display}” has been granted, so it was archived, not deleted.")
            return self.response_post_save_change(request, self.model())
        return super().response_delete(request, obj_display, obj_id)

    def render_change_form(  # noqa: PLR0917  Django's own signature
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: BonusTemplate | None = None,
    ) -> HttpResponse:
        form = context["adminform"].form
        context |= {
            "panel": panel_for(form, obj),
            "sketch_url": self._sketch_url(request, obj),
            "config_class": CONFIG_CLASS,
            "chosen_type": form.chosen_type,
            "types": [(type_.value, type_.label) for type_ in BonusType],
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _sketch_url(self, request: HttpRequest, template: BonusTemplate | None) -> str:
        """Empty for who may only look."""
        if template is None:
            return reverse("admin:bonuses_bonustemplate_sketch_new")
        may = self.has_change_permission(request, template)
        return reverse("admin:bonuses_bonustemplate_sketch", args=[template.pk]) if may else ""

    def more(self, request: HttpRequest, obj: BonusTemplate) -> dict[str, Any]:
        may_change = self.has_change_permission(request, obj)
        return {
            "tables": [revisions_table(obj)],
            "stop_query": f"scope=template&target={obj.pk}",
            "status_links": status_links(BonusTemplate.objects.get(pk=obj.pk)) if may_change else [],
            "can_copy": self.has_add_permission(request),
        }

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> HttpResponse | None:
        return set_several(self, request, queryset, TemplateStatus.ACTIVE)

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> HttpResponse | None:
        return set_several(self, request, queryset, TemplateStatus.PAUSED)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> HttpResponse | None:
        return set_several(self, request, queryset, TemplateStatus.ARCHIVED)


def _to_read(fields: Any) -> tuple[str, ...]:
    return ("config_shown",) if fields is CONFIG else tuple(SHOWN.get(name, name) for name in fields)


def panel_for(form: TemplateForm, template: BonusTemplate | None) -> Panel:
    """What is typed, else what is stored."""
    if form.is_bound or template is None:
        return panel_of_form(form)
    return panel_of(stored_terms(template))


def revisions_table(template: BonusTemplate) -> Table:
    revisions = TermsRevision.objects.filter(template=template).order_by("-number")[:REVISIONS_SHOWN]
    return Table(
        "Revisions of the terms",
        ("Number", "Made", "By", "Terms"),
        ((r.number, when(r.created_at), r.created_by or "-", agreed_shown(r)) for r in revisions),
    )


def agreed_shown(revision: TermsRevision) -> SafeString:
    """In a line, with all of it one click away."""
    agreed = revision.agreed
    line = headline(agreed) if currencies.is_known(agreed.currency) else agreed.currency
    terms = facts(revision.terms, agreed.currency)
    return format_html("{}<details><summary>All terms</summary>{}</details>", line, terms)
