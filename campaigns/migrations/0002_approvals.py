from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("campaigns", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.AlterModelOptions(
            name="campaign",
            options={
                "ordering": ("-created_at", "-id"),
                "permissions": [
                    ("issue_campaign", "Can issue, pause, resume and cancel campaigns"),
                    ("approve_campaign", "Can approve campaigns of others"),
                ],
            },
        ),
        migrations.AddField(
            model_name="campaign",
            name="edited_by",
            field=models.CharField(blank=True, editable=False, help_text="Who changed it last.", max_length=200),
        ),
        migrations.AddField(
            model_name="segment",
            name="members_version",
            field=models.PositiveIntegerField(default=0, editable=False, help_text="Raised when the list changes."),
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "decision",
                    models.CharField(choices=[("approved", "Approved"), ("withdrawn", "Withdrawn")], max_length=9),
                ),
                ("by", models.CharField(max_length=200)),
                ("created_by", models.CharField(blank=True, help_text="Who made the campaign.", max_length=200)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("hash", models.CharField(help_text="Of what was reviewed, and of the cost.", max_length=64)),
                ("reviewed", models.JSONField()),
                ("audience", models.PositiveIntegerField()),
                ("cost", models.BigIntegerField(help_text="The cost shown. Base currency, minor units.")),
                ("worst_cost", models.BigIntegerField()),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["campaign", "-id"], name="approval_newest_first")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decision", "withdrawn"),
                            models.Q(("by", models.F("created_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="approver_is_not_the_creator",
                    ),
                    models.CheckConstraint(condition=models.Q(("by", ""), _negated=True), name="approval_has_a_name"),
                ],
            },
        ),
    ]
