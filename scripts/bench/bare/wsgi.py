import os

from django.core.wsgi import get_wsgi_application

from bonusdesk.garbage import settle

os.environ["DJANGO_SETTINGS_MODULE"] = "scripts.bench.bare.settings"
application = get_wsgi_application()
# As in the product's own processes.
settle()
