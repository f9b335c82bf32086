from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from bonusdesk.api.service import PERMISSIONS

pytestmark = pytest.mark.django_db

READ = {
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
}
ISSUE = {
    "bonuses.issue_grant",
    "bonuses.cancel_grant",
    "campaigns.add_campaign",
    "campaigns.change_campaign",
    "campaigns.issue_campaign",
}
MANAGE = {
    "bonuses.add_bonustemplate",
    "bonuses.change_bonustemplate",
    "bonuses.delete_bonustemplate",
    "bonuses.add_player",
    "bonuses.change_player",
    "campaigns.approve_campaign",
    "campaigns.delete_campaign",
    "campaigns.add_segment",
    "campaigns.change_segment",
    "campaigns.delete_segment",
    "campaigns.add_segmentmember",
    "campaigns.change_segmentmember",
    "campaigns.delete_segmentmember",
}


def names(permissions: Any) -> set[str]:
    return {f"{p.content_type.app_label}.{p.codename}" for p in permissions.select_related("content_type")}


def allowed(group: str) -> set[str]:
    return {
        name
        for name in names(Group.objects.get(name=group).permissions)
        if name.startswith(("bonuses.", "campaigns.", "integrations."))
    }


def test_four_groups_exist() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {"viewer", "operator", "manager", "admin"}


def test_viewer_reads_only() -> None:
    assert allowed("viewer") == READ


def test_operator_also_issues_and_cancels_and_makes_campaigns() -> None:
    assert allowed("operator") == READ | ISSUE


def test_manager_also_keeps_templates_players_and_segments() -> None:
    assert allowed("manager") == READ | ISSUE | MANAGE


def test_admin_may_everything_there_is() -> None:
    apps = ["auth", "admin", "bonuses", "campaigns", "integrations"]
    ours = Permission.objects.filter(content_type__app_label__in=apps)
    assert names(Group.objects.get(name="admin").permissions) >= names(ours)


def test_service_may_what_operators_and_managers_may_but_approve() -> None:
    assert (allowed("operator") | allowed("manager")) - {"campaigns.approve_campaign"} == PERMISSIONS


def test_each_permission_exists_once() -> None:
    pairs = list(Permission.objects.values_list("content_type", "codename"))
    assert len(pairs) == len(set(pairs))
