from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "The outside world"
    default_auto_field = "django.db.models.BigAutoField"
