from typing import Any, ClassVar

import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import integrations.ids


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

    dependencies: ClassVar = [("bonuses", "0002_player_segment_indexes")]

    operations: ClassVar = [
        AddIndexOnline(
            model_name="grant",
            index=models.Index(fields=["status", "-created_at", "-id"], name="grant_by_status"),
        ),
        AddIndexOnline(
            model_name="grant",
            index=models.Index(fields=["granted_by_kind", "-created_at", "-id"], name="grant_by_origin"),
        ),
        AddIndexOnline(
            model_name="grant",
            index=models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(("needs_person", True)),
                name="grant_needs_person",
            ),
        ),
        AddIndexOnline(
            model_name="grant",
            index=models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(("wish", ""), _negated=True),
                name="grant_wished",
            ),
        ),
        AddIndexOnline(
            model_name="player",
            index=models.Index(
                fields=["status"],
                condition=models.Q(("status", "active"), _negated=True),
                name="player_not_active",
            ),
        ),
        migrations.CreateModel(
            name="CancelJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=integrations.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("done", "Done"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                (
                    "selection",
                    models.CharField(
                        blank=True,
                        help_text="How the grants were chosen.",
                        max_length=500,
                        verbose_name="chosen",
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0, verbose_name="grants")),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("created_by", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_by", models.CharField(blank=True, max_length=200)),
                ("started_at", models.DateTimeField(null=True)),
                ("stopped_by", models.CharField(blank=True, max_length=200)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "cancellation",
                "ordering": ("-created_at", "-id"),
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-created_at", "-id"], name="cancel_job_newest_first"),
                    models.Index(fields=["status", "created_at"], name="cancel_job_by_status"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CancelItem",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "not touched"),
                            ("cancelled", "Cancelled"),
                            ("waiting", "waits for the platform"),
                            ("refused", "Refused"),
                            ("ended", "had ended before"),
                            ("broken", "went wrong"),
                        ],
                        max_length=9,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=500)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="bonuses.grant",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="bonuses.canceljob",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["job", "outcome", "id"], name="cancel_item_by_outcome"),
                    models.Index(fields=["job", "id"], name="cancel_item_of_job"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "grant"), name="grant_once_in_a_job"),
                ],
            },
        ),
    ]
