from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("integrations", "0003_sink_counters")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="sinkstate",
            name="pause_reason",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="sinkstate",
            name="paused_at",
            field=models.DateTimeField(blank=True, help_text="Since when a person wants nothing sent.", null=True),
        ),
        migrations.AddField(
            model_name="sinkstate",
            name="paused_by",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
    ]
