from typing import Any, ClassVar

from django.db import migrations

from bonusdesk.groups import ADMIN, MANAGER, OPERATOR, VIEWER, allow

ALLOWED = {
    VIEWER: [
        "campaigns.view_campaign",
        "campaigns.view_chunk",
        "campaigns.view_recipient",
        "campaigns.view_segment",
        "campaigns.view_segmentmember",
    ],
    OPERATOR: [
        "campaigns.add_campaign",
        "campaigns.change_campaign",
        "campaigns.issue_campaign",
    ],
    MANAGER: [
        "campaigns.delete_campaign",
        "campaigns.add_segment",
        "campaigns.change_segment",
        "campaigns.delete_segment",
        "campaigns.add_segmentmember",
        "campaigns.change_segmentmember",
        "campaigns.delete_segmentmember",
    ],
    ADMIN: [
        *(f"campaigns.{verb}_{model}" for model in ("chunk", "recipient") for verb in ("add", "change", "delete")),
    ],
}


def allow_campaigns(apps: Any, schema_editor: Any) -> None:
    allow(apps, schema_editor.connection.alias, ALLOWED)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("bonusdesk", "0003_failed_logins"),
        ("campaigns", "0001_initial"),
    ]
    operations: ClassVar = [migrations.RunPython(allow_campaigns, migrations.RunPython.noop)]
