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


class AddPartlyUniqueOnline(migrations.AddConstraint):
    """A unique constraint with a condition, which is an index: on PostgreSQL rows can be written meanwhile."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        create = str(self.constraint.create_sql(model, schema_editor))
        schema_editor.execute(create.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1))


class Migration(migrations.Migration):
    atomic = False

    dependencies: ClassVar = [("bonuses", "0005_rollup")]

    operations: ClassVar = [
        AddIndexOnline(
            model_name="grant",
            index=models.Index(
                fields=["campaign_id", "-created_at", "-id"],
                condition=models.Q(("campaign_id__isnull", False)),
                name="grant_by_campaign",
            ),
        ),
        AddPartlyUniqueOnline(
            model_name="grant",
            constraint=models.UniqueConstraint(
                fields=["request_key"],
                condition=models.Q(("request_key__isnull", False)),
                name="grant_request_key_once",
            ),
        ),
    ]
