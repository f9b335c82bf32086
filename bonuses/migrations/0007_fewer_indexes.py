from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Every change of a grant's status writes an entry in each of its indexes: those go that others stand in for."""

    dependencies: ClassVar = [
        ("bonuses", "0006_partial_indexes"),
        ("integrations", "0004_sink_pause"),
    ]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="grant",
            name="template",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="bonuses.bonustemplate",
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="player",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="bonuses.player"
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="adapter",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="integrations.adapter"
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="campaign_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="grant",
            name="request_key",
            field=models.CharField(editable=False, max_length=400, null=True),
        ),
        migrations.AlterField(
            model_name="granttransition",
            name="grant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transitions",
                to="bonuses.grant",
            ),
        ),
        migrations.AlterField(
            model_name="bet",
            name="grant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="bets", to="bonuses.grant"
            ),
        ),
    ]
