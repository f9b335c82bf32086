"""The groups, for tests with real transactions: those sweep the database when they end, and the groups with it."""

import pkgutil
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.migrations import RunPython

from bonusdesk import groups, migrations, rights
from bonuses.tests.browser import PASSWORD


def make_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the migrations make them, with the very same lists."""
    # Permissions are there: the sweep makes them anew.
    monkeypatch.setattr(groups, "_create_permissions", lambda *_: None)
    for found in sorted(pkgutil.iter_modules(migrations.__path__), key=lambda module: module.name):
        migration = import_module(f"{migrations.__name__}.{found.name}").Migration
        for operation in migration.operations:
            if isinstance(operation, RunPython):
                operation.code(apps, SimpleNamespace(connection=connection))
    rights.forget()


def person(role: str) -> User:
    """Named like the group they are in."""
    user = User.objects.create_user(role, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user
