from typing import Any, ClassVar

from django.db import migrations

from bonusdesk.groups import ADMIN, MANAGER, OPERATOR, VIEWER, allow

ALLOWED = {
    VIEWER: [
        "bonuses.view_bet",
        "bonuses.view_bonustemplate",
        "bonuses.view_drift",
        "bonuses.view_grant",
        "bonuses.view_granttransition",
        "bonuses.view_player",
        "bonuses.view_stop",
        "bonuses.view_termsrevision",
        "integrations.view_adapter",
        "integrations.view_exchangerate",
        "integrations.view_outgoingevent",
        "integrations.view_sinkstate",
        "integrations.view_webhookdelivery",
    ],
    OPERATOR: [
        "bonuses.issue_grant",
        "bonuses.cancel_grant",
    ],
    MANAGER: [
        "bonuses.add_bonustemplate",
        "bonuses.change_bonustemplate",
        "bonuses.delete_bonustemplate",
        "bonuses.add_player",
        "bonuses.change_player",
    ],
    ADMIN: [
        *(
            f"{app}.{verb}_{model}"
            for app, models in (
                ("auth", ("group", "permission", "user")),
                ("admin", ("logentry",)),
                ("bonuses", ("bet", "bonustemplate", "drift", "grant", "granttransition", "player", "stop")),
                ("bonuses", ("termsrevision",)),
                ("integrations", ("adapter", "exchangerate", "outgoingevent", "sinkstate", "webhookdelivery")),
            )
            for model in models
            for verb in ("add", "change", "delete", "view")
        ),
        "bonuses.resolve_grant",
        "bonuses.use_kill_switch",
    ],
}


def make_groups(apps: Any, schema_editor: Any) -> None:
    allow(apps, schema_editor.connection.alias, ALLOWED)


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("bonuses", "0001_initial"),
        ("integrations", "0001_initial"),
    ]
    operations: ClassVar = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
