from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("campaigns", "0002_approvals"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="campaign",
            name="planned_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When a draft is meant to begin. Nothing begins by it: `scheduled_at` does that.",
                null=True,
            ),
        ),
    ]
