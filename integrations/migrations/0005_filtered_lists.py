from typing import Any, ClassVar

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexOnline(AddIndexConcurrently):
    """On PostgreSQL rows can be written meanwhile. SQLite builds it at once."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    atomic = False

    dependencies: ClassVar = [("integrations", "0004_sink_pause")]

    operations: ClassVar = [
        AddIndexOnline(
            model_name="webhookdelivery",
            index=models.Index(
                fields=["outcome", "-received_at", "-id"],
                condition=models.Q(("outcome", "applied"), _negated=True),
                name="delivery_not_applied",
            ),
        ),
        AddIndexOnline(
            model_name="outgoingevent",
            index=models.Index(fields=["-id"], condition=models.Q(("skipped_at__isnull", False)), name="event_skipped"),
        ),
        AddIndexOnline(
            model_name="outgoingevent",
            index=models.Index(fields=["-id"], condition=models.Q(("kind", "CUSTOM")), name="event_custom"),
        ),
    ]
