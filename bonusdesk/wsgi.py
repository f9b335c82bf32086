"""What a WSGI server loads. A missing or bad setting ends it at once, as `manage.py` would, with a line for each."""

import os
import sys

import django
from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application

from bonusdesk.api.wsgi_request import Utf8Request
from bonusdesk.garbage import settle

# gunicorn takes this exit code for "will not boot" and stops, instead of starting the worker again and again.
WILL_NOT_BOOT = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bonusdesk.settings")
django.setup()
if problems := [message for message in run_checks(tags=["settings"]) if message.is_serious()]:
    sys.stderr.write("".join(f"{problem.msg}\n" for problem in problems))
    sys.exit(WILL_NOT_BOOT)

application = get_wsgi_application()
application.request_class = Utf8Request
settle()
