"""One name for each caller, for whatever is counted or kept per caller."""

from typing import Any

from bonusdesk.api.service import SERVICE


def caller_id(user: Any) -> str:
    """Never the user name: a person may be called `service` too."""
    return "service" if user is SERVICE else f"user:{user.pk}"
