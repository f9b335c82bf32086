from typing import Any


class DomainError(Exception):
    """Something a caller asked for can't be done. `bonusdesk.api.errors` alone knows which HTTP status a code gets."""

    code: str = "DOMAIN_ERROR"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
