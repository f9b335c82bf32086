from bonusdesk.settings import *  # noqa: F403
from bonusdesk.settings import REST_FRAMEWORK as ASKED

REST_FRAMEWORK = {
    **ASKED,
    "DEFAULT_AUTHENTICATION_CLASSES": ["scripts.bench.unasked.nobody.NobodyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
}
