"""Fills the database that each run's own is copied from: `python -m scripts.faults.template PLATFORM_URL SLUG SECRET`.

A process of its own, as the harness itself never loads the product.
"""

import os
import sys
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()

from django.core.management import call_command

from bonuses.services.create_template import create_template

TEMPLATES: dict[str, dict[str, int | None]] = {
    "short": {"wagering_requirement_multiplier": 0},
    "unlimited": {"wagering_requirement_multiplier": 0, "max_grants_per_player": None},
    "wagered": {"wagering_requirement_multiplier": 1, "max_bet_during_wagering": 10},
}
"""Of the last kind some bets are reported in sums, so that a life is a few webhooks and has its Ongoing steps."""


def main(platform_url: str, slug: str, secret: str) -> None:
    call_command("migrate", verbosity=0)
    with Path(os.devnull).open("w") as nowhere:
        call_command(
            "add_adapter",
            slug=slug,
            kind="simulator",
            base_url=platform_url,
            default=True,
            token=secret,
            secret=secret,
            webhook_secret=secret,
            stdout=nowhere,
        )
    for name, terms in TEMPLATES.items():
        amount = {"amount": 1000, "currency": "EUR"}
        fields = {"name": name, "type": "no_deposit", "config": amount, "time_limit_hours": 72, **terms}
        create_template(fields=fields, by=slug)


if __name__ == "__main__":
    main(*sys.argv[1:])
