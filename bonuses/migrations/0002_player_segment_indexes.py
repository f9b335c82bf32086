from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexOnline(AddIndexConcurrently):
    """On PostgreSQL players can be written meanwhile. SQLite builds it at once, and has no index of this kind on JSON."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif not isinstance(self.index, GinIndex):
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        elif not isinstance(self.index, GinIndex):
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    atomic = False

    dependencies: ClassVar = [("bonuses", "0001_initial")]

    operations: ClassVar = [
        AddIndexOnline(
            model_name="player",
            index=models.Index(fields=["total_deposited"], name="player_by_deposits"),
        ),
        AddIndexOnline(
            model_name="player",
            index=GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="player_by_attributes"),
        ),
    ]
