from bonuses.models.bet import Bet
from bonuses.models.cancel_job import CancelItem, CancelJob
from bonuses.models.drift import Drift
from bonuses.models.grant import Grant
from bonuses.models.player import Player
from bonuses.models.rollup import GrantDay
from bonuses.models.stop import Stop
from bonuses.models.template import BonusTemplate, TermsRevision
from bonuses.models.transition import GrantTransition

__all__ = [
    "Bet",
    "BonusTemplate",
    "CancelItem",
    "CancelJob",
    "Drift",
    "Grant",
    "GrantDay",
    "GrantTransition",
    "Player",
    "Stop",
    "TermsRevision",
]
