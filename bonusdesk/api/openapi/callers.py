"""How callers say who they are."""

# The library is typed, but not to the last function.
# mypy: disable-error-code="no-untyped-call"

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

SAFE = ("GET", "HEAD", "OPTIONS")


class SecretScheme(OpenApiAuthenticationExtension):
    target_class = "bonusdesk.api.authentication.InternalSecretAuthentication"
    name = "internalSecret"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-Internal-Secret",
            "description": "Another server of the operator. It may do what `operator` and `manager` may, but approve.",
        }


class ClerkScheme(OpenApiAuthenticationExtension):
    target_class = "bonusdesk.api.clerk.ClerkAuthentication"
    name = "clerkSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An admin user of the operator's front end, by the session token of Clerk.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "bonusdesk.api.authentication.SessionAuthentication"
    name = ["sessionCookie", "csrfToken"]  # noqa: RUF012  the library's own way

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[Any]]:
        needed = ("sessionCookie",) if auto_schema.method in SAFE else ("sessionCookie", "csrfToken")
        return {name: [] for name in needed}

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {
                "type": "apiKey",
                "in": "cookie",
                "name": settings.SESSION_COOKIE_NAME,
                "description": "An operator who is signed in to the back office.",
            },
            {
                "type": "apiKey",
                "in": "header",
                "name": "X-CSRFToken",
                "description": "With the session, on everything that changes something: the value of the CSRF cookie.",
            },
        ]
