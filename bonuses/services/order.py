from bonuses.models import Grant
from integrations.platforms.base import GrantOrder, Wagering


def grant_order(grant: Grant) -> GrantOrder:
    """What the platform is asked to credit: made from what was agreed at issue time, so every retry is the same."""
    terms = grant.terms
    deposit = {} if grant.deposit_amount is None else {"deposit_amount": grant.deposit_amount}
    return GrantOrder(
        grant_id=grant.pk,
        player_external_id=grant.player.external_id,
        type=terms.type,
        amount_subunit=grant.amount,
        currency=grant.currency,
        wagering=Wagering(
            multiplier=terms.wagering_requirement_multiplier,
            basis=terms.wagering_basis,
            required_subunit=grant.wagering_required,
            max_bet_subunit=terms.max_bet_during_wagering,
            game_contribution=terms.game_contribution,
            max_win_subunit=terms.max_win_cap,
        ),
        expires_at=grant.expires_at,
        config={**terms.config, **deposit},
        granted_by_kind=grant.granted_by_kind,
        granted_by_ref=str(grant.granted_by_id) if grant.granted_by_id else None,
    )
