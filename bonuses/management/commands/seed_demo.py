"""Sample rates, templates and players, so that there is something to look at. Running it again adds nothing twice."""

import random
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from bonuses.models import BonusTemplate
from bonuses.services.create_template import create_template
from bonuses.services.identify_player import identify_many

RATES = Path(settings.BASE_DIR) / "integrations" / "data" / "eurofxref-sample.xml"
BRANDS = ("nordlicht.example", "azulbet.example")
CURRENCIES = ("EUR", "EUR", "EUR", "SEK", "GBP", "JPY")
COUNTRIES = {"EUR": "DE", "SEK": "SE", "GBP": "GB", "JPY": "JP"}

SLOTS_FIRST = {"slots": 100, "table": 10, "live": 5, "default": 0}
TEMPLATES: tuple[dict[str, Any], ...] = (
    {
        "name": "Welcome 100% match",
        "type": "deposit_match",
        "config": {"match_percent": 100, "cap_amount": 20000, "currency": "EUR"},
        "bonus_code": "WELCOME100",
        "wagering_requirement_multiplier": 30,
        "wagering_basis": "bonus_plus_deposit",
        "max_bet_during_wagering": 500,
        "time_limit_hours": 720,
        "game_contribution": SLOTS_FIRST,
        "max_win_cap": 100000,
    },
    {
        "name": "Monday reload 50%",
        "type": "reload",
        "config": {"match_percent": 50, "cap_amount": 10000, "currency": "EUR"},
        "bonus_code": "MONDAY50",
        "wagering_requirement_multiplier": 20,
        "max_bet_during_wagering": 500,
        "time_limit_hours": 168,
        "game_contribution": SLOTS_FIRST,
    },
    {
        "name": "Ten on the house",
        "type": "no_deposit",
        "config": {"amount": 1000, "currency": "EUR"},
        "bonus_code": "HOUSE10",
        "wagering_requirement_multiplier": 40,
        "max_bet_during_wagering": 200,
        "time_limit_hours": 72,
        "max_win_cap": 10000,
    },
    {
        "name": "Weekly cashback 10%",
        "type": "cashback",
        "config": {"percent": 10, "window_days": 7, "min_loss": 2000, "cap_amount": 50000, "currency": "EUR"},
        "wagering_requirement_multiplier": 1,
        "time_limit_hours": 168,
    },
    {
        "name": "Twenty free spins",
        "type": "free_spins",
        "config": {"count": 20, "value_per_spin": 10, "currency": "EUR", "eligible_games": ["book-of-nile"]},
        "bonus_code": "SPIN20",
        "wagering_requirement_multiplier": 35,
        "wagering_basis": "winnings",
        "time_limit_hours": 48,
        "game_contribution": SLOTS_FIRST,
    },
    {
        "name": "Risk-free first bet",
        "type": "risk_free_bet",
        "config": {"amount": 500, "currency": "EUR"},
        "product": "Sportsbook",
        "bonus_code": "RISKFREE5",
        "time_limit_hours": 72,
    },
)


class Command(BaseCommand):
    help = "Load sample exchange rates, one template of each type, and players."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--players", type=int, default=200)

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("import_rates", str(RATES), stdout=self.stdout)
        have = set(BonusTemplate.objects.values_list("name", flat=True))
        missing = [fields for fields in TEMPLATES if fields["name"] not in have]
        for fields in missing:
            create_template(fields=fields, by="seed_demo")
        results = identify_many([_player(n) for n in range(1, options["players"] + 1)])
        self.stdout.write(f"templates: {len(missing)} added, players: {len(results)} identified")


def _player(number: int) -> dict[str, Any]:
    """Always the same player for the same number."""
    chance = random.Random(number)  # noqa: S311  sample data
    currency = chance.choice(CURRENCIES)
    unit = 1 if currency == "JPY" else 100
    return {
        "external_id": f"demo-{number:04}",
        "currency": currency,
        "origin": chance.choice(BRANDS),
        "country": COUNTRIES[currency],
        "total_deposited": chance.randrange(20, 5000) * unit,
        "net_loss": chance.randrange(30, 900) * unit,
        "attributes": {"vip_level": chance.choice(["none", "none", "silver", "gold"])},
    }
