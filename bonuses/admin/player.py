import json
import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from bonuses.admin.service_form import ServiceAdmin, ServiceForm
from bonuses.models import Grant, Player
from bonuses.money import MAX_MINOR, display
from bonuses.services.identify_player import identify
from bonuses.storable import fault_in
from integrations import currencies
from integrations.admin.common import BigTableAdmin, PageWithMore, Table, link, link_to, when

FIELDS = ("external_id", "currency", "origin", "status", "country", "total_deposited", "net_loss", "attributes")
GRANTS_SHOWN = 50
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


class JSONAsTyped(forms.JSONField):
    """Shows again what was typed. Django would write it anew, and half a surrogate pair can't be written."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if self.disabled else InvalidJSONInput(data or "")


class PlayerForm(ServiceForm):
    attributes = JSONAsTyped(
        required=False,
        initial=dict,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text="A JSON object, as the operator's systems sent it.",
    )

    country = forms.CharField(required=False, max_length=2, help_text="Two letters, such as SE.")
    total_deposited = forms.IntegerField(initial=0, min_value=0, max_value=MAX_MINOR)
    net_loss = forms.IntegerField(
        initial=0,
        min_value=-MAX_MINOR,
        max_value=MAX_MINOR,
        help_text="Over the last cashback window the operator reported.",
    )

    class Meta:
        model = Player
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and "external_id" in self.fields:
            self.fields["external_id"].disabled = True
            self.fields["external_id"].help_text = "Can't be changed."

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).strip().upper()
        if not currencies.is_known(code):
            raise forms.ValidationError(f"{code} is not a currency we know.")
        return code

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).strip().upper()
        if code and COUNTRY.fullmatch(code) is None:
            raise forms.ValidationError("A country is two letters, such as SE.")
        return code

    def clean_attributes(self) -> dict[str, Any]:
        attributes = self.cleaned_data["attributes"] or {}
        if not isinstance(attributes, dict):
            raise forms.ValidationError("This must be a JSON object.")
        try:
            json.dumps(attributes, allow_nan=False)
        except ValueError:
            raise forms.ValidationError("NaN and Infinity are no JSON.") from None
        if fault := fault_in(attributes):
            raise forms.ValidationError(fault)
        return attributes


@admin.register(Player)
class PlayerAdmin(PageWithMore, ServiceAdmin, BigTableAdmin):
    form = PlayerForm
    change_form_template = "admin/bonuses/player/change_form.html"
    list_display = ("external_id", "status", "origin", "currency", "country", "created_at")
    list_filter = ("status",)
    search_fields = ("external_id",)
    search_help_text = "An external id, or how it begins."
    readonly_fields = ("id", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("external_id", "status", "origin", "currency", "country")}),
        ("Money, in minor units of the player's currency", {"fields": ("total_deposited", "net_loss")}),
        ("Attributes", {"fields": ("attributes",)}),
        ("Record", {"fields": ("id", "created_at", "updated_at")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Player | None = None) -> bool:
        """Players are the operator's; their grants are the audit trail."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id__startswith=term) if term else queryset), False

    def save_model(self, request: HttpRequest, obj: Player, form: Any, change: bool) -> None:
        names = [name for name in FIELDS if name in form.changed_data or not change]
        if names:
            fields = {name: form.cleaned_data[name] for name in names}
            player, _ = identify(fields={**fields, "external_id": obj.external_id})
            obj.pk = player.pk
        obj.refresh_from_db()
        self._point_at_live_grants(request, obj)

    def _point_at_live_grants(self, request: HttpRequest, player: Player) -> None:
        if player.may_be_granted:
            return
        live = Grant.objects.live().filter(player=player).count()
        if live:
            query = urlencode({"attention": "player_not_active", "q": player.external_id})
            url = f"{reverse('admin:bonuses_grant_changelist')}?{query}"
            told = format_html('{} grants of this player are live. <a href="{}">Decide</a>', live, url)
            messages.warning(request, told)

    def more(self, request: HttpRequest, obj: Player) -> dict[str, Any]:
        return {"tables": [grants_table(obj)]}


def grants_table(player: Player) -> Table:
    grants = Grant.objects.filter(player=player).select_related("template")[:GRANTS_SHOWN]
    return Table(
        "Grants, newest first",
        ("Grant", "Template", "Status", "Amount", "Made"),
        (
            (
                link(grant),
                link_to("bonuses_bonustemplate", grant.template_id, grant.template.name),
                grant.status,
                display(grant.amount, grant.currency),
                when(grant.created_at),
            )
            for grant in grants
        ),
    )
