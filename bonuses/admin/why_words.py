"""What the checks of issuing ask, for people; by their names."""

TITLES = {
    "kill_switch": "No kill switch holds the template back",
    "template_exists": "The template is known",
    "template_active": "The template is active",
    "player_exists": "The player is known",
    "player_active": "The player may be given bonuses",
    "currency": "The terms can be put in the bonus’s currency",
    "amount": "There is something to give under the terms",
    "rates": "There are exchange rates to the base currency",
    "totals": "Amount and wagering can be counted",
    "player_rate": "There is an exchange rate to the player’s currency",
    "adapter": "A platform serves the player’s brand",
    "adapter_active": "The platform is switched on",
    "adapter_stop": "No kill switch holds the platform back",
    "live_grant": "The player holds no live grant of the template",
    "limit": "The player has not had it as often as allowed",
    "breaker": "The platform can be called at once",
}
