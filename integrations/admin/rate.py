from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse

from integrations import currencies, rates
from integrations.admin.common import AnyModelForm, BigTableAdmin
from integrations.models import ExchangeRate


class ExchangeRateForm(AnyModelForm):
    class Meta:
        model = ExchangeRate
        fields = ("base", "quote", "rate", "valid_from", "source")

    def clean_base(self) -> str:
        return self._known_currency("base")

    def clean_quote(self) -> str:
        return self._known_currency("quote")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        rate, base, quote = cleaned.get("rate"), cleaned.get("base"), cleaned.get("quote")
        if rate is not None and rate <= 0:
            self.add_error("rate", "A rate is larger than zero.")
        if base and base == quote:
            self.add_error("quote", "A rate is between two currencies.")
        return cleaned

    def _known_currency(self, field: str) -> str:
        code = str(self.cleaned_data[field]).strip().upper()
        if not currencies.is_known(code):
            raise forms.ValidationError(f"{code} is not a currency we know.")
        return code


@admin.register(ExchangeRate)
class ExchangeRateAdmin(BigTableAdmin):
    """A timeline: a rate is added, never altered, since grants have been made under it."""

    form = ExchangeRateForm
    list_display = ("base", "quote", "rate", "valid_from", "source", "created_at")
    list_filter = ("source", "valid_from")
    search_fields = ("=base", "=quote")
    search_help_text = "A currency code."
    readonly_fields = ("created_at",)

    def has_change_permission(self, request: HttpRequest, obj: ExchangeRate | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ExchangeRate | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        age = rates.newest_age()
        if age is not None and age > timedelta(hours=settings.RATE_MAX_AGE_HOURS):
            hours = int(age.total_seconds() // 3600)
            messages.warning(request, f"The newest exchange rate is {hours} hours old.")
        return super().changelist_view(request, extra_context)
