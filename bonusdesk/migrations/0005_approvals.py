from typing import Any, ClassVar

from django.db import migrations

from bonusdesk.groups import MANAGER, VIEWER, allow

ALLOWED = {
    VIEWER: ["campaigns.view_approval"],
    MANAGER: ["campaigns.approve_campaign"],
}


def allow_approvals(apps: Any, schema_editor: Any) -> None:
    allow(apps, schema_editor.connection.alias, ALLOWED)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("bonusdesk", "0004_campaigns"),
        ("campaigns", "0002_approvals"),
    ]
    operations: ClassVar = [migrations.RunPython(allow_approvals, migrations.RunPython.noop)]
