"""The groups that decide what a person may do. Who may what is written in the migrations, which call `allow`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.management import create_permissions

VIEWER, OPERATOR, MANAGER, ADMIN = "viewer", "operator", "manager", "admin"
# Each may what those before it may.
RANKS = (VIEWER, OPERATOR, MANAGER, ADMIN)


def allow(apps: Any, database: str, grants: Mapping[str, Sequence[str]]) -> None:
    """Gives permissions (`bonuses.issue_grant`) to the group they are listed under and to those above it.

    For use in migrations: Django makes permissions only after the last one has run, so those that are missing are made
    here. One that does not exist even then is a mistake in the list: KeyError.
    """
    _create_permissions(apps, database, {name.partition(".")[0] for names in grants.values() for name in names})
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in apps.get_model("auth", "Permission").objects.using(database).select_related("content_type")
    }
    groups = apps.get_model("auth", "Group").objects.using(database)
    allowed: set[str] = set()
    for rank in RANKS:
        allowed |= set(grants.get(rank, ()))
        group, _ = groups.get_or_create(name=rank)
        group.permissions.add(*(permissions[name] for name in sorted(allowed)))


def _create_permissions(apps: Any, database: str, labels: set[str]) -> None:
    for label in sorted(labels):
        config = apps.get_app_config(label)
        # Django passes over apps without models, and takes a migration's picture of an app for one such.
        config.models_module = True
        create_permissions(config, verbosity=0, using=database, apps=apps)
