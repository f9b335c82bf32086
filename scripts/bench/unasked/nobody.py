from typing import Any

from rest_framework.authentication import BaseAuthentication

from bonusdesk.api.service import SERVICE, Service


class NobodyAuthentication(BaseAuthentication):
    """Everybody is the caller `service`, unseen; so requests are counted for the limits as they are elsewhere."""

    def authenticate(self, request: Any) -> tuple[Service, None]:
        return SERVICE, None
