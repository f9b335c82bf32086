from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client

from bonuses.models import Drift
from bonuses.tests.factories import GrantFactory
from integrations.tests.admin_client import INLINE, text

pytestmark = pytest.mark.django_db

LISTS = (
    "bonuses/bonustemplate",
    "bonuses/canceljob",
    "bonuses/drift",
    "bonuses/grant",
    "bonuses/player",
    "bonuses/stop",
    "campaigns/campaign",
    "campaigns/recipient",
    "campaigns/segment",
    "integrations/adapter",
    "integrations/exchangerate",
    "integrations/outgoingevent",
    "integrations/sinkstate",
    "integrations/webhookdelivery",
)
MAY_ADD = {
    "viewer": set(),
    "operator": {"bonuses/grant", "campaigns/campaign"},
    "manager": {
        "bonuses/grant",
        "bonuses/bonustemplate",
        "bonuses/player",
        "campaigns/campaign",
        "campaigns/segment",
    },
    "admin": {
        "bonuses/grant",
        "bonuses/bonustemplate",
        "bonuses/player",
        "bonuses/stop",
        "campaigns/campaign",
        "campaigns/segment",
        "integrations/adapter",
        "integrations/exchangerate",
    },
}


def member(role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("role", MAY_ADD)
def test_every_role_reads_every_list_and_adds_what_it_may(role: str) -> None:
    client = member(role)

    for page in LISTS:
        answer = client.get(f"/admin/{page}/")
        assert answer.status_code == 200, page
        assert INLINE.search(text(answer)) is None, page
    allowed = {page for page in LISTS if client.get(f"/admin/{page}/add/").status_code == 200}
    assert allowed == MAY_ADD[role]


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 200), ("manager", 200), ("admin", 200)])
def test_who_reaches_the_page_that_cancels(role: str, status: int) -> None:
    grant = GrantFactory.create()

    assert member(role).get(f"/admin/bonuses/grant/{grant.pk}/cancel/").status_code == status


@pytest.mark.parametrize(("role", "resolved"), [("viewer", 0), ("operator", 0), ("manager", 0), ("admin", 1)])
def test_who_settles_drift(role: str, resolved: int) -> None:
    drift = Drift.objects.create(grant=GrantFactory.create(), kind="status")

    member(role).post("/admin/bonuses/drift/", {"action": "mark_resolved", "_selected_action": [drift.pk]})

    assert Drift.objects.filter(resolved_at__isnull=False).count() == resolved


def test_strangers_are_sent_to_the_login_and_people_without_rights_see_nothing() -> None:
    grant = GrantFactory.create()
    pages = ["/admin/", *(f"/admin/{page}/" for page in LISTS), f"/admin/bonuses/grant/{grant.pk}/cancel/"]
    for url in pages:
        answer = Client().get(url)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/"), url

    nobody = Client()
    nobody.force_login(User.objects.create_user("nobody", is_staff=True))
    assert {nobody.get(url).status_code for url in pages[1:]} == {403}


def test_no_template_of_ours_holds_script_or_style_inline() -> None:
    templates = list(Path(settings.BASE_DIR, "templates").rglob("*.html"))

    assert templates
    for template in templates:
        assert INLINE.search(template.read_text()) is None, template
