"""What our admin pages have in common."""

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Generic for the type checker only: Django's own classes take no parameter at run time.
if TYPE_CHECKING:
    AnyModelAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
    AnyModelForm = forms.ModelForm[Any]
else:
    AnyModelAdmin = admin.ModelAdmin
    AnyPaginator = Paginator
    AnyModelForm = forms.ModelForm

Row = TypeVar("Row", bound=Model)

COUNTED_AT_MOST = 10_000
ACTED_ON_AT_MOST = 100
"""Rows in one action. Each may be a call to a platform, and a person waits for the page."""


class BoundedPaginator(AnyPaginator):
    """Counts to 10,000 and no further. Older rows are found by search and filters, not by leafing."""

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by().values("pk")[: COUNTED_AT_MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNTED_AT_MOST)

    @property
    def is_capped(self) -> bool:
        return self._counted > COUNTED_AT_MOST


class BigTableAdmin(AnyModelAdmin):
    """For tables that may hold millions of rows."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0


class ReadOnlyAdmin(BigTableAdmin):
    """Rows that the system writes and people only read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PageWithMore(AnyModelAdmin):
    """A row's page that shows more than its fields."""

    change_form_template = "admin/bonusdesk/change_form_with_tables.html"

    def more(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What its template needs besides; `tables` are shown below the fields."""
        raise NotImplementedError

    def render_change_form(  # noqa: PLR0917  Django's own signature
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context.update(self.more(request, obj))
        return super().render_change_form(request, context, add, change, form_url, obj)


class Table:
    """A read-only list on a page: column titles and rows of cells."""

    def __init__(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str = "None.") -> None:
        self.title = title
        self.columns = columns
        self.rows = list(rows)
        self.empty = empty


def actor(request: HttpRequest) -> str:
    """Who acts, as audit trails name them."""
    return str(request.user.get_username())


def when(at: datetime | None) -> str:
    """To the second: the order of changes is what such a list is read for."""
    return date_format(timezone.localtime(at), "j M Y H:i:s") if at else "-"


def pretty(value: Any) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


def pretty_text(text: str) -> SafeString:
    return format_html("<pre>{}</pre>", text)


def link(obj: Model, text: str | None = None) -> SafeString:
    meta = obj._meta
    return link_to(f"{meta.app_label}_{meta.model_name}", obj.pk, text or str(obj))


def link_to(page: str, pk: Any, text: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), text)


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"class": "vTextField"}))


def is_confirmed(request: HttpRequest) -> bool:
    return request.method == "POST" and "confirmed" in request.POST


def confirmation(
    model_admin: AnyModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    title: str,
    explanation: str,
    form: forms.Form | None = None,
) -> TemplateResponse:
    """The page between choosing an action and doing it: it changes nothing, its own POST does."""
    return TemplateResponse(
        request,
        "admin/bonusdesk/confirm_action.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": title,
            "explanation": explanation,
            "rows": queryset[:ACTED_ON_AT_MOST],
            "most": ACTED_ON_AT_MOST,
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "action": request.POST.get("action", ""),
            "form": form,
            "media": model_admin.media,
        },
    )


def selected(request: HttpRequest, queryset: QuerySet[Row]) -> list[Row]:
    """The rows to act on, of which there is a most."""
    rows = list(queryset[: ACTED_ON_AT_MOST + 1])
    if len(rows) > ACTED_ON_AT_MOST:
        messages.warning(request, f"Only the first {ACTED_ON_AT_MOST} were taken.")
    return rows[:ACTED_ON_AT_MOST]
