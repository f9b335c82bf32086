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

from bonuses.admin.money_fields import Money, as_typed, read_money, show_currency
from bonuses.admin.service_form import ServiceAdmin, ServiceForm
from bonuses.models import Grant, Player
from bonuses.money import display
from bonuses.services.identify_player import identify
from bonuses.storable import fault_in
from integrations import currencies
from integrations.admin.common import BigTableAdmin, PageWithMore, Table, link, link_to, when

FIELDS = ("external_id", "currency", "origin", "status", "country", "total_deposited", "net_loss", "attributes")
SHOWN = {"total_deposited": "total_deposited_shown", "net_loss": "net_loss_shown"}
"""What stands in for the amounts where they can't be changed."""
LEAST = {"total_deposited": 0, "net_loss": None}
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
    total_deposited = Money(required=True, initial="0", help_text="Such as 50 or 50.00.")
    net_loss = Money(
        required=True,
        initial="0",
        help_text="Over the last cashback window the operator reported; less than nothing for a win.",
    )

    class Meta:
        model = Player
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.amounts_before = {name: getattr(self.instance, name) for name in SHOWN if name in self.fields}
        if not self.instance._state.adding:
            self._show_money()
        if not self.instance._state.adding and "external_id" in self.fields:
            self.fields["external_id"].disabled = True
            self.fields["external_id"].help_text = "Can't be changed."

    def _show_money(self) -> None:
        for name, amount in self.amounts_before.items():
            self.initial[name] = as_typed(amount, self.instance.currency)
            show_currency(self, name, self.instance.currency)

    def clean(self) -> dict[str, Any]:
        currency = self.cleaned_data.get("currency")
        for name, least in LEAST.items():
            if currency:
                read_money(self, name, currency, least=least)
            else:
                self.cleaned_data.pop(name, None)
        return super().clean()

    def player_fields(self) -> dict[str, Any]:
        """As the service takes them: all of a new player, of another one what was changed."""
        names = FIELDS if self.instance._state.adding else [name for name in FIELDS if self._is_changed(name)]
        return {name: self.cleaned_data[name] for name in names}

    def _is_changed(self, name: str) -> bool:
        """Amounts by value: 5 and 5.00 are the same, and 5.00 is another one in another currency."""
        if name in self.amounts_before:
            return bool(self.cleaned_data[name] != self.amounts_before[name])
        return name in self.changed_data

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
    # Newest first and nothing else: another order would have to read them all.
    sortable_by = ()
    list_filter = ("status",)
    search_fields = ("external_id",)
    search_help_text = "An external id, or how it begins."
    readonly_fields = ("id", "created_at", "updated_at", *SHOWN.values())
    fieldsets = (
        (None, {"fields": ("external_id", "status", "origin", "currency", "country")}),
        ("Money, in the player's currency", {"fields": tuple(SHOWN)}),
        ("Attributes", {"fields": ("attributes",)}),
        ("Record", {"fields": ("id", "created_at", "updated_at")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Player | None = None) -> Any:
        """Who may only look sees amounts as they are written elsewhere, too."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return tuple((title, {**options, "fields": _to_read(options["fields"])}) for title, options in self.fieldsets)

    @admin.display(description="total deposited")
    def total_deposited_shown(self, player: Player) -> str:
        return display(player.total_deposited, player.currency)

    @admin.display(description="net loss")
    def net_loss_shown(self, player: Player) -> str:
        return display(player.net_loss, player.currency)

    def has_delete_permission(self, request: HttpRequest, obj: Player | None = None) -> bool:
        """Players are the operator's; their grants are the audit trail."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(external_id__startswith=term) if term else queryset), False

    def save_model(self, request: HttpRequest, obj: Player, form: Any, change: bool) -> None:
        if fields := form.player_fields():
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


def _to_read(fields: Any) -> tuple[str, ...]:
    return tuple(SHOWN.get(name, name) for name in fields)


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
