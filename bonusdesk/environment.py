"""Reads settings from the environment.

A value that can't be read is noted in `troubles` and its default used, so that `bonusdesk.checks` can name every bad
variable at once, in one line each, instead of a traceback for the first.
"""

import json
import os
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")


class Environment:
    """A variable that is set but empty counts as not set: compose files and CI pass such."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return os.environ.get(name, "").strip() or default

    def items(self, name: str, default: list[str] | None = None) -> list[str]:
        parts = [part.strip() for part in self.text(name).split(",")]
        return [part for part in parts if part] or list(default or [])

    def pairs(self, name: str) -> dict[str, str]:
        """`a=b, c=d`; what has no = is with an empty value."""
        split = (item.partition("=") for item in self.items(name))
        return {key.strip(): value.strip() for key, _, value in split}

    def flag(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if text in TRUE:
            return True
        if text in FALSE:
            return False
        if text:
            self.troubles.append(f"{name} must be true or false.")
        return default

    def number(self, name: str, default: int, *, minimum: int = 0) -> int:
        text = self.text(name)
        if not text:
            return default
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            self.troubles.append(f"{name} must be a whole number, {minimum} or more.")
            return default
        return number

    def json_object(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads(self.text(name) or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            self.troubles.append(f"{name} must be a JSON object.")
            return {}
        return found

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's dictionary for a database URL; empty, which is no database at all, when the URL is of no use.

        The URL may hold a password, so it is not repeated in the complaint.
        """
        url = self.text(name, default)
        config: dict[str, Any] = {}
        if url.partition("://")[0] in DATABASE_SCHEMES and "://" in url:
            try:
                config = environ.Env.db_url_config(url)
            except (ValueError, ImproperlyConfigured):
                config = {}
        if not config.get("NAME"):
            self.troubles.append(
                f"{name} must be sqlite:///<absolute path> or postgres://<user>:<password>@<host>:<port>/<database>."
            )
            return {}
        return config
