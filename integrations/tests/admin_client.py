"""A signed-in person of the back office, for tests of admin pages."""

import re
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
"""What a content security policy without 'unsafe-inline' does not let run or apply."""


def signed_in(*permissions: str, name: str = "olga") -> Client:
    """Staff with exactly these permissions, each as `app.codename`."""
    user = User.objects.create_user(name, is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    content: str = response.content.decode()
    return content


def messages_in(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]
