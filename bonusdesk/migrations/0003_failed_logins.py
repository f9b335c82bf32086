from typing import Any, ClassVar

from django.db import migrations

from bonusdesk.groups import ADMIN, allow


def let_admins_free_the_locked_out(apps: Any, schema_editor: Any) -> None:
    permissions = ["axes.view_accessattempt", "axes.delete_accessattempt"]
    allow(apps, schema_editor.connection.alias, {ADMIN: permissions})


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("axes", "0010_accessattemptexpiration"),
        ("bonusdesk", "0002_idempotency_keys"),
    ]
    operations: ClassVar = [migrations.RunPython(let_admins_free_the_locked_out, migrations.RunPython.noop)]
