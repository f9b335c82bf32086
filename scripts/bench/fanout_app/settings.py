"""The product's, and beside it what counts a worker's statements and the tasks of those who have one per player."""

from bonusdesk.settings import *  # noqa: F403
from bonusdesk.settings import INSTALLED_APPS as PRODUCT

INSTALLED_APPS = [*PRODUCT, "scripts.bench.fanout_app"]
