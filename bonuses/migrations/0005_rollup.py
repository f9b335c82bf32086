from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("bonuses", "0004_template_history")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="GrantDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("counted_at", models.DateTimeField(help_text="What was committed by then is in it.", null=True)),
                ("figures", models.JSONField(default=dict)),
            ],
            options={"ordering": ("day",), "default_permissions": ()},
        ),
    ]
