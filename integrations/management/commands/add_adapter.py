"""Make a platform known, or change it: `add_adapter --slug main --kind http --base-url https://… --token … …`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from integrations.models import Adapter
from integrations.platforms.registry import KINDS, base_url_fault

REQUIRED = ("kind", "base_url", "token", "secret", "webhook_secret")
FIELDS = {"kind": "kind", "name": "name", "base_url": "base_url", "token": "token", "secret": "signing_secret"}


class Command(BaseCommand):
    help = "Makes an adapter, or updates the one with this slug; what is not named stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slug", required=True)
        parser.add_argument("--kind", help=f"one of: {', '.join(KINDS)}")
        parser.add_argument("--name", help="for people; the slug when it is not given")
        parser.add_argument("--base-url", help="where the platform's API begins, without /v1")
        parser.add_argument("--token", help="the bearer token that we send")
        parser.add_argument("--secret", help="what we sign our calls with")
        parser.add_argument(
            "--webhook-secret",
            help="what the platform signs its webhooks with; the one it replaces stays valid as the previous one",
        )
        parser.add_argument("--default", action="store_true", help="serve every brand that no other adapter names")
        parser.add_argument("--origin", nargs="+", action="extend", help="a brand this adapter serves; may be repeated")

    def handle(self, **options: Any) -> None:
        with transaction.atomic():
            adapter = Adapter.objects.select_for_update().filter(slug=options["slug"]).first()
            is_new = adapter is None
            adapter = adapter or Adapter(slug=options["slug"], name=options["slug"])
            self._require(options, is_new=is_new)
            self._fill(adapter, options)
            self._check(adapter)
            if adapter.is_default:
                Adapter.objects.filter(is_default=True).exclude(pk=adapter.pk).update(is_default=False)
            adapter.save()
        self.stdout.write(f"{'Added' if is_new else 'Updated'} adapter {adapter.slug} ({adapter.kind}).")

    def _require(self, options: dict[str, Any], *, is_new: bool) -> None:
        missing = [name for name in REQUIRED if (is_new and options[name] is None) or options[name] == ""]
        if missing:
            raise CommandError(f"Missing: {', '.join('--' + name.replace('_', '-') for name in missing)}.")

    def _fill(self, adapter: Adapter, options: dict[str, Any]) -> None:
        for option, field in FIELDS.items():
            if options[option] is not None:
                setattr(adapter, field, options[option])
        adapter.base_url = adapter.base_url.rstrip("/")
        secret = options["webhook_secret"]
        if secret is not None and secret != adapter.webhook_secret:
            adapter.webhook_secret_previous, adapter.webhook_secret = adapter.webhook_secret, secret
        adapter.is_default = adapter.is_default or options["default"]
        if options["origin"] is not None:
            adapter.origins = list(dict.fromkeys(options["origin"]))

    def _check(self, adapter: Adapter) -> None:
        if adapter.kind not in KINDS:
            raise CommandError(f"Unknown kind {adapter.kind!r}. There are: {', '.join(KINDS)}.")
        if fault := base_url_fault(adapter.kind, adapter.base_url):
            raise CommandError(fault)
        try:
            # The field would refuse the one-word host names of a private network.
            adapter.clean_fields(exclude={"base_url"})
        except ValidationError as invalid:
            faults = (f"{name}: {' '.join(texts)}" for name, texts in invalid.message_dict.items())
            raise CommandError("; ".join(faults)) from None
