"""The terms of a bonus in plain English, for the people who set them. Pure: no ORM, no clock, no settings."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bonuses.money import display
from bonuses.terms import Terms, fasttrack_type
from integrations.currencies import exponent

HOURS_A_DAY = 24

BASES = {"bonus": "bonus", "deposit": "deposit", "bonus_plus_deposit": "bonus + deposit"}


def headline(terms: Terms) -> str:
    """What matters in one line: “100 % up to €200, wager 30× bonus + deposit within 30 days”."""
    return f"{GIVEN[terms.type](terms.config)}, {_wagering(terms)}"


def details(terms: Terms) -> list[str]:
    """What the headline leaves out, one sentence each."""
    sentences = (_how_often(terms), _games(terms), _largest_bet(terms), _contribution(terms), _most_won(terms))
    return [sentence for sentence in (*sentences, _reported(terms)) if sentence]


def money(minor: int, currency: str) -> str:
    """As people say it: €200, but €0.10."""
    text = display(minor, currency)
    decimals = exponent(currency)
    is_whole = decimals and minor % 10**decimals == 0
    return text[: -decimals - 1] if is_whole else text


def percent(number: float) -> str:
    return f"{Decimal(str(number)).normalize():f} %"


def span(hours: int) -> str:
    days, rest = divmod(hours, HOURS_A_DAY)
    return counted(hours, "hour") if rest else counted(days, "day")


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _match(config: dict[str, Any]) -> str:
    return f"{percent(config['match_percent'])} up to {money(config['cap_amount'], config['currency'])}"


def _reload(config: dict[str, Any]) -> str:
    return f"Reload of {_match(config)}"


def _no_deposit(config: dict[str, Any]) -> str:
    return f"{money(config['amount'], config['currency'])} without a deposit"


def _cashback(config: dict[str, Any]) -> str:
    currency, cap = config["currency"], config.get("cap_amount")
    most = f" up to {money(cap, currency)}" if cap is not None else ""
    least = f" from {money(config['min_loss'], currency)}" if config["min_loss"] else ""
    return f"{percent(config['percent'])} cashback{most} on losses{least} in {counted(config['window_days'], 'day')}"


def _free_spins(config: dict[str, Any]) -> str:
    return f"{counted(config['count'], 'free spin')} of {money(config['value_per_spin'], config['currency'])}"


def _risk_free_bet(config: dict[str, Any]) -> str:
    return f"Risk-free bet of {money(config['amount'], config['currency'])}"


GIVEN: dict[str, Callable[[dict[str, Any]], str]] = {
    "deposit_match": _match,
    "reload": _reload,
    "no_deposit": _no_deposit,
    "cashback": _cashback,
    "free_spins": _free_spins,
    "risk_free_bet": _risk_free_bet,
}


def _wagering(terms: Terms) -> str:
    hours = terms.time_limit_hours
    if not terms.wagering_requirement_multiplier:
        return f"no wagering, valid for {span(hours)}" if hours else "no wagering"
    # What free spins win is not known before, so it is what is wagered, whatever the basis.
    basis = "winnings" if terms.type == "free_spins" else BASES[terms.wagering_basis]
    limit = f" within {span(hours)}" if hours else ", without a time limit"
    return f"wager {terms.wagering_requirement_multiplier.normalize():f}× {basis}{limit}"


def _how_often(terms: Terms) -> str:
    most = terms.max_grants_per_player
    if most is None:
        return "A player can be given it any number of times."
    times = "once" if most == 1 else f"at most {most:,} times"
    every = f" in every window of {counted(terms.config['window_days'], 'day')}" if terms.type == "cashback" else ""
    return f"A player can be given it {times}{every}."


def _games(terms: Terms) -> str:
    games = terms.config.get("eligible_games")
    if terms.type != "free_spins":
        return ""
    return f"The spins are for {_listed(games)}." if games else "The spins are tied to no game."


def _largest_bet(terms: Terms) -> str:
    largest = terms.max_bet_during_wagering
    if largest is None:
        return ""
    what = "ends the bonus" if terms.max_bet_action == "forfeit" else "does not count"
    return f"A bet over {money(largest, terms.currency)} {what}."


def _contribution(terms: Terms) -> str:
    if not terms.wagering_requirement_multiplier:
        return ""
    shares = dict(terms.game_contribution)
    if not shares:
        return "All bets count in full."
    rest = shares.pop("default", 0)
    named = [f"{category} {percent(share)}" for category, share in shares.items()]
    else_ = " else" if named else ""
    others = f"everything{else_} {percent(rest)}" if rest else f"nothing{else_}"
    return f"Bets count by game: {_listed([*named, others])}."


def _most_won(terms: Terms) -> str:
    return f"At most {money(terms.max_win_cap, terms.currency)} can be won from it." if terms.max_win_cap else ""


def _reported(terms: Terms) -> str:
    code = f" with the code {terms.bonus_code}" if terms.bonus_code else ""
    return f"Fast Track is told of it as {fasttrack_type(terms)} for {terms.product}{code}."


def _listed(names: list[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
