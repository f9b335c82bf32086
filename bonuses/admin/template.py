from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bonuses.admin.service_form import ServiceAdmin
from bonuses.admin.template_fields import PREFIX
from bonuses.admin.template_form import TemplateForm
from bonuses.models import BonusTemplate, TermsRevision
from bonuses.models.template import TemplateStatus
from bonuses.services.change_template import change_template
from bonuses.services.create_template import create_template
from bonuses.services.remove_template import remove_template
from integrations.admin.common import PageWithMore, Table, actor, when
from integrations.errors import DomainError

REVISIONS_SHOWN = 50
CONFIG = tuple(name for name in TemplateForm.base_fields if name.startswith(PREFIX))


@admin.register(BonusTemplate)
class TemplateAdmin(PageWithMore, ServiceAdmin):
    form = TemplateForm
    change_form_template = "admin/bonuses/bonustemplate/change_form.html"
    list_display = ("name", "type", "status", "product", "bonus_code", "currency", "created_at")
    list_filter = ("status", "type", "product")
    search_fields = ("name", "bonus_code")
    actions = ("activate", "pause", "archive")
    fieldsets = (
        (None, {"fields": ("name", "type", "status", "product", "bonus_code")}),
        ("What is given", {"fields": CONFIG}),
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

    class Media:
        js = ("bonuses/template_form.js",)

    def get_fieldsets(self, request: HttpRequest, obj: BonusTemplate | None = None) -> Any:
        """Who may only read sees the config as a list, not as the fields of a form."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return tuple(
            (title, {**options, "fields": ("config_shown",) if options["fields"] is CONFIG else options["fields"]})
            for title, options in self.fieldsets
        )

    def get_readonly_fields(self, request: HttpRequest, obj: BonusTemplate | None = None) -> tuple[str, ...]:
        return ("config_shown",) if obj is not None and not self.has_change_permission(request, obj) else ()

    @admin.display(description="currency")
    def currency(self, template: BonusTemplate) -> str:
        return str(template.config.get("currency", "-"))

    @admin.display(description="config")
    def config_shown(self, template: BonusTemplate) -> SafeString:
        return facts(template.config)

    def save_model(self, request: HttpRequest, obj: BonusTemplate, form: Any, change: bool) -> None:
        if change:
            changes = form.template_changes()
            if changes:
                change_template(template_id=obj.pk, changes=changes, by=actor(request))
        else:
            obj.pk = create_template(fields=form.template_fields(), by=actor(request)).pk
        obj.refresh_from_db()

    def get_deleted_objects(self, objs: Iterable[BonusTemplate], request: HttpRequest) -> Any:
        """Nothing stands in the way: what was granted is archived instead."""
        names = [f"{template} (archived instead, if it was ever granted)" for template in objs]
        return names, {"bonus templates": len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: BonusTemplate) -> None:
        remove_template(template_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> None:
        for template in queryset:
            remove_template(template_id=template.pk)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        if BonusTemplate.objects.filter(pk=obj_id).exists():
            messages.info(request, f"“{obj_display}” has been granted, so it was archived, not deleted.")
            return self.response_post_save_change(request, self.model())
        return super().response_delete(request, obj_display, obj_id)

    def more(self, request: HttpRequest, obj: BonusTemplate) -> dict[str, Any]:
        return {"tables": [revisions_table(obj)], "stop_query": f"scope=template&target={obj.pk}"}

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> None:
        self._set_status(request, queryset, TemplateStatus.ACTIVE)

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> None:
        self._set_status(request, queryset, TemplateStatus.PAUSED)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[BonusTemplate]) -> None:
        self._set_status(request, queryset, TemplateStatus.ARCHIVED)

    def _set_status(self, request: HttpRequest, queryset: QuerySet[BonusTemplate], status: TemplateStatus) -> None:
        templates = list(queryset.exclude(status=status))
        done = 0
        for template in templates:
            try:
                change_template(template_id=template.pk, changes={"status": status.value}, by=actor(request))
            except DomainError as error:
                messages.error(request, f"{template}: {error.message}")
                continue
            self.log_change(request, template, f"Set to {status.value}.")
            done += 1
        messages.success(request, f"{done} of {len(templates)} set to {status.value}.")


def facts(values: dict[str, Any]) -> SafeString:
    """Keys and values as a list, nested ones in one line."""
    lines = ((key.replace("_", " "), _in_a_line(value)) for key, value in values.items())
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", lines))


def _in_a_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_in_a_line(inner)}" for key, inner in value.items()) or "-"
    if isinstance(value, list):
        return " and ".join(str(inner) for inner in value) or "-"
    return "-" if value is None else str(value)


def revisions_table(template: BonusTemplate) -> Table:
    revisions = TermsRevision.objects.filter(template=template).order_by("-number")[:REVISIONS_SHOWN]
    return Table(
        "Revisions of the terms",
        ("Number", "Made", "By", "Terms"),
        ((r.number, when(r.created_at), r.created_by or "-", facts(r.terms)) for r in revisions),
    )
