from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

# The app must be Celery's default in every process that publishes, not in the workers only.
from bonusdesk.celery import app as celery_app

__all__ = ["BonusdeskConfig", "celery_app"]


class BonusdeskConfig(AppConfig):
    name = "bonusdesk"

    def ready(self) -> None:
        autodiscover_modules("checks")
