"""The caller behind the internal secret: another server of the operator."""

from typing import Any

PERMISSIONS = frozenset(
    {
        "bonuses.view_bet",
        "bonuses.view_bonustemplate",
        "bonuses.view_drift",
        "bonuses.view_grant",
        "bonuses.view_granttransition",
        "bonuses.view_player",
        "bonuses.view_stop",
        "bonuses.view_termsrevision",
        "campaigns.view_approval",
        "campaigns.view_campaign",
        "campaigns.view_chunk",
        "campaigns.view_recipient",
        "campaigns.view_segment",
        "campaigns.view_segmentmember",
        "integrations.view_adapter",
        "integrations.view_exchangerate",
        "integrations.view_outgoingevent",
        "integrations.view_sinkstate",
        "integrations.view_webhookdelivery",
        "bonuses.issue_grant",
        "bonuses.cancel_grant",
        "bonuses.add_bonustemplate",
        "bonuses.change_bonustemplate",
        "bonuses.delete_bonustemplate",
        "bonuses.add_player",
        "bonuses.change_player",
        "campaigns.add_campaign",
        "campaigns.change_campaign",
        "campaigns.delete_campaign",
        "campaigns.issue_campaign",
        "campaigns.add_segment",
        "campaigns.change_segment",
        "campaigns.delete_segment",
        "campaigns.add_segmentmember",
        "campaigns.change_segmentmember",
        "campaigns.delete_segmentmember",
    }
)
"""Those of the groups operator and manager, but for approvals, which take a person. Written out: asking the database
would cost every call a query."""


class Service:
    """Takes the place of a user. Not a row."""

    pk = None
    is_authenticated = True
    is_active = True
    is_anonymous = False
    is_staff = False
    is_superuser = False

    def get_username(self) -> str:
        return "service"

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        return permission in PERMISSIONS

    def __str__(self) -> str:
        return self.get_username()


SERVICE = Service()
