"""Addresses of the admin's pages of campaigns, and what a browser sends from them."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from campaigns.admin.seen import stamp
from campaigns.models import Campaign, Segment

CAMPAIGNS = "/admin/campaigns/campaign/"
SEGMENTS = "/admin/campaigns/segment/"
RECIPIENTS = "/admin/campaigns/recipient/"


def page(campaign: Campaign, name: str = "change/") -> str:
    return f"{CAMPAIGNS}{campaign.pk}/{name}"


def segment_page(segment: Segment, name: str = "change/") -> str:
    return f"{SEGMENTS}{segment.pk}/{name}"


def member(role: str) -> Client:
    """Somebody of this group, by the name of the group."""
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def seen(row: Campaign | Segment) -> dict[str, str]:
    row.refresh_from_db()
    return {"seen": stamp(row)}


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def table(response: Any, title: str) -> list[list[str]]:
    """The rows of a list on a page, as text."""
    found = next(table for table in response.context["tables"] if table.title == title)
    return [[str(cell) for cell in row] for row in found.rows]
