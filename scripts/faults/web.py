"""The web application as gunicorn serves it, whose workers can be armed one by one."""

from bonusdesk.wsgi import application
from scripts.faults.arming import arm_next_fork

__all__ = ["application"]

arm_next_fork()
