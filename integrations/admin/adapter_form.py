"""The form of a platform: secrets go in and never come back out."""

from typing import Any

from django import forms

from integrations.admin.common import AnyModelForm
from integrations.models import Adapter
from integrations.models.adapter import CAPABILITIES
from integrations.platforms.registry import KINDS, base_url_fault

WRITE_ONLY = ("token", "signing_secret", "webhook_secret")
NOT_BY_THE_MODEL = frozenset({*WRITE_ONLY, "rotate", "forget_previous", "base_url", "seen"})
"""Fields that this form reads and stores itself: a blank secret is not to be stored, and a host may have no dot."""
STALE = (
    "Nothing was saved: this platform was changed after you had opened the page. Compare in another tab, type secrets "
    "again, and save again if yours is still right."
)
CAPABILITY_CHOICES = {
    "issue": "credits bonuses",
    "cancel": "cancels bonuses",
    "query_status": "tells the status of a bonus",
    "idempotent": "takes the same grant twice and credits it once",
}


class SecretField(forms.CharField):
    """Never rendered back; left blank it keeps what is stored."""

    def __init__(self, *, help_text: str = "") -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})
        super().__init__(required=False, widget=widget, help_text=help_text)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class LinesField(forms.CharField):
    """A list of strings, one a line."""

    def __init__(self, *, required: bool = False, help_text: str = "") -> None:
        widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})
        super().__init__(required=required, widget=widget, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = (line.strip() for line in (value or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class AdapterForm(AnyModelForm):
    kind = forms.ChoiceField()
    base_url = forms.CharField(
        max_length=500,
        label="Base URL",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text="Such as https://platform.example; calls go to /v1/bonuses/… below it.",
    )
    token = SecretField()
    signing_secret = SecretField()
    webhook_secret = SecretField()
    rotate = forms.BooleanField(
        required=False,
        label="Keep the present webhook secret valid",
        help_text="With a new webhook secret: the present one becomes the previous one, and both are accepted.",
    )
    forget_previous = forms.BooleanField(
        required=False,
        label="Forget the previous webhook secret",
        help_text="Ends a rotation: from then on only the current one is accepted.",
    )
    origins = LinesField(help_text="The brands this platform serves, one a line.")
    capabilities = forms.MultipleChoiceField(
        choices=[(name, f"{name}: {CAPABILITY_CHOICES[name]}") for name in CAPABILITIES],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "radiolist"}),
        required=False,
    )
    seen = forms.CharField(required=False, label="", widget=forms.HiddenInput)

    class Meta:
        model = Adapter
        fields = (
            "slug",
            "name",
            "kind",
            "origins",
            "is_default",
            "is_active",
            "capabilities",
            "connect_timeout_ms",
            "read_timeout_ms",
            "total_timeout_ms",
            "max_requests_per_second",
            "max_concurrency",
            "max_processing_seconds",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["base_url"] = self.instance.base_url
        self.initial["seen"] = _stamp(self.instance)
        kinds = [*KINDS]
        if self.instance.kind and self.instance.kind not in kinds:
            kinds.append(self.instance.kind)
        if "kind" in self.fields:
            self.fields["kind"] = forms.ChoiceField(choices=[(kind, kind) for kind in kinds])
        for name in WRITE_ONLY:
            if name in self.fields:
                state = "One is stored; blank keeps it." if getattr(self.instance, name) else "None is stored."
                self.fields[name].help_text = state

    def clean_is_default(self) -> bool:
        is_default = bool(self.cleaned_data["is_default"])
        other = Adapter.objects.filter(is_default=True).exclude(pk=self.instance.pk).first()
        if is_default and other is not None:
            raise forms.ValidationError(f"“{other}” is the default already; there is one. Take it from there first.")
        return is_default

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind, url = cleaned.get("kind"), cleaned.get("base_url")
        fault = base_url_fault(kind, url) if kind in KINDS and url else None
        if fault:
            self.add_error("base_url", fault)
        if cleaned.get("rotate") and not cleaned.get("webhook_secret"):
            self.add_error("webhook_secret", "A rotation needs the new secret.")
        if cleaned.get("rotate") and cleaned.get("forget_previous"):
            self.add_error("forget_previous", "A rotation can't be begun and ended at once.")
        connect, total = cleaned.get("connect_timeout_ms"), cleaned.get("total_timeout_ms")
        if connect and total and connect > total:
            self.add_error("connect_timeout_ms", "Longer than the whole call may take.")
        self._check_seen(str(cleaned.get("seen", "")))
        return cleaned

    def _check_seen(self, seen: str) -> None:
        """Locked until it is saved: of two who send at once, the second is told."""
        stored = Adapter.objects.select_for_update().filter(pk=self.instance.pk).first()
        if stored is not None and seen and seen != _stamp(stored):
            self.add_error(None, STALE)
            # Told now; sent once more, it counts.
            self.data: Any = self.data.copy()
            self.data["seen"] = _stamp(stored)

    def save(self, commit: bool = True) -> Adapter:
        adapter: Adapter = self.instance
        given = self.cleaned_data
        adapter.base_url = given["base_url"].rstrip("/")
        if given["forget_previous"]:
            adapter.webhook_secret_previous = ""
        if given["rotate"]:
            adapter.webhook_secret_previous = adapter.webhook_secret
        for name in WRITE_ONLY:
            if given[name]:
                setattr(adapter, name, given[name])
        saved: Adapter = super().save(commit=commit)
        return saved


def _stamp(adapter: Adapter) -> str:
    return adapter.updated_at.isoformat() if adapter.updated_at else ""
