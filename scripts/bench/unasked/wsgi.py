import os

os.environ["DJANGO_SETTINGS_MODULE"] = "scripts.bench.unasked.settings"

from bonusdesk.wsgi import application

__all__ = ["application"]
