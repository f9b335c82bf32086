from bonuses.models.bet import Bet
from bonuses.models.drift import Drift
from bonuses.models.grant import Grant
from bonuses.models.player import Player
from bonuses.models.stop import Stop
from bonuses.models.template import BonusTemplate, TermsRevision
from bonuses.models.transition import GrantTransition

__all__ = ["Bet", "BonusTemplate", "Drift", "Grant", "GrantTransition", "Player", "Stop", "TermsRevision"]
