from typing import Any

from rest_framework.permissions import BasePermission

NOT_OURS = (None, "metadata")


class ActionPermissions(BasePermission):
    """A viewset names, for each action, the Django permission it needs, or several: `permissions_needed`."""

    message = "You do not have the permission that this needs."

    def has_permission(self, request: Any, view: Any) -> bool:
        if request.user is None:
            return False
        if view.action in NOT_OURS:
            return True  # The method is not one of this address: the view says so.
        needed = view.permissions_needed[view.action]
        if all(request.user.has_perm(name) for name in ((needed,) if isinstance(needed, str) else needed)):
            return True
        # Only what is let through is counted after us: who may nothing could call without an end.
        view.check_throttles(request)
        return False
