from typing import Any, ClassVar

import simple_history.models
from django.db import migrations, models

import integrations.ids

TRACKED = (
    "id",
    "name",
    "type",
    "status",
    "config",
    "product",
    "bonus_code",
    "wagering_requirement_multiplier",
    "wagering_basis",
    "max_bet_during_wagering",
    "max_bet_action",
    "time_limit_hours",
    "max_grants_per_player",
    "game_contribution",
    "max_win_cap",
    "fasttrack_type",
)
AT_ONCE = 500


def begin_history(apps: Any, schema_editor: Any) -> None:
    """What there is gets a first row, so that the next change has something to be compared with."""
    database = schema_editor.connection.alias
    past = apps.get_model("bonuses", "HistoricalBonusTemplate").objects.using(database)
    templates = apps.get_model("bonuses", "BonusTemplate").objects.using(database).order_by("created_at")
    rows = [
        past.model(
            **{name: getattr(template, name) for name in TRACKED},
            history_date=template.updated_at,
            history_type="~",
            history_change_reason="As it was when its history began to be kept.",
        )
        for template in templates
    ]
    past.bulk_create(rows, batch_size=AT_ONCE)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("bonuses", "0003_cancel_jobs")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="HistoricalBonusTemplate",
            fields=[
                ("id", models.UUIDField(db_index=True, default=integrations.ids.new_id, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("deposit_match", "deposit match"),
                            ("reload", "Reload"),
                            ("no_deposit", "no deposit"),
                            ("cashback", "Cashback"),
                            ("free_spins", "free spins"),
                            ("risk_free_bet", "risk-free bet"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("archived", "Archived")],
                        default="active",
                        max_length=8,
                    ),
                ),
                ("config", models.JSONField()),
                (
                    "product",
                    models.CharField(
                        choices=[
                            ("Casino", "Casino"),
                            ("Sportsbook", "Sportsbook"),
                            ("Lotto", "Lotto"),
                            ("Poker", "Poker"),
                        ],
                        default="Casino",
                        max_length=10,
                    ),
                ),
                ("bonus_code", models.CharField(blank=True, max_length=64)),
                ("wagering_requirement_multiplier", models.DecimalField(decimal_places=2, default=0, max_digits=8)),
                (
                    "wagering_basis",
                    models.CharField(
                        choices=[
                            ("bonus", "Bonus"),
                            ("deposit", "Deposit"),
                            ("bonus_plus_deposit", "bonus plus deposit"),
                            ("winnings", "Winnings"),
                        ],
                        default="bonus",
                        max_length=20,
                    ),
                ),
                ("max_bet_during_wagering", models.BigIntegerField(blank=True, null=True)),
                (
                    "max_bet_action",
                    models.CharField(
                        choices=[("forfeit", "forfeit the bonus"), ("ignore", "do not count the bet")],
                        default="forfeit",
                        max_length=8,
                    ),
                ),
                ("time_limit_hours", models.PositiveIntegerField(blank=True, null=True)),
                ("max_grants_per_player", models.PositiveIntegerField(blank=True, default=1, null=True)),
                ("game_contribution", models.JSONField(blank=True, default=dict)),
                ("max_win_cap", models.BigIntegerField(blank=True, null=True)),
                ("fasttrack_type", models.CharField(blank=True, max_length=16)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=500, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")],
                        max_length=1,
                    ),
                ),
                ("history_user_id", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "verbose_name": "historical bonus template",
                "verbose_name_plural": "historical bonus templates",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "default_permissions": (),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RunPython(begin_history, migrations.RunPython.noop),
    ]
