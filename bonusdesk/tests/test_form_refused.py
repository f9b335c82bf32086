"""A form whose page was opened before the last log-in: a word instead of a bare 403, and a way on."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bonuses.models import Grant
from bonuses.tests.factories import GrantFactory
from integrations.tests.admin_client import INLINE, text

pytestmark = pytest.mark.django_db

WORDS = "Nothing was done: the page was opened before you last logged in."


def browser() -> Client:
    found = Client(enforce_csrf_checks=True)
    found.force_login(User.objects.create_superuser("olga"))
    return found


def page_of(grant: Grant) -> str:
    return f"/admin/bonuses/grant/{grant.pk}/cancel/"


def test_it_is_said_with_a_link_back_to_the_page() -> None:
    grant, client = GrantFactory(), browser()
    seen = client.get(page_of(grant)).context["form"]["seen"].value()
    answer = client.post(f"{page_of(grant)}?a=1&b=2", {"seen": seen, "reason": "x", "csrfmiddlewaretoken": "x" * 64})
    assert answer.status_code == 403
    assert WORDS in text(answer)
    assert f'<a href="{page_of(grant)}?a=1&amp;b=2">Open the page again</a>' in text(answer)
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert INLINE.search(text(answer)) is None
    assert Grant.objects.get().status == "active"


def test_two_tabs_with_the_log_in_page() -> None:
    answer = browser().post("/admin/login/?next=/admin/bonuses/", {"username": "olga", "password": "secret-typed-in"})
    assert answer.status_code == 403
    assert WORDS in text(answer)
    assert "secret-typed-in" not in text(answer)
    assert 'href="/admin/login/?next=/admin/bonuses/"' in text(answer)


def test_who_is_logged_out_as_well_sees_nothing_of_the_desk() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/bonuses/grant/add/", {})
    assert answer.status_code == 403
    assert WORDS in text(answer)
    assert "desk-user" not in text(answer)
    assert "/admin/logout/" not in text(answer)


def test_the_token_of_the_cookie_is_taken() -> None:
    """As the script sends it that has asked who is logged in now."""
    grant, client = GrantFactory(), browser()
    form = client.get(page_of(grant)).context["form"]
    token = client.cookies["csrftoken"].value
    answer = client.post(page_of(grant), {"seen": form["seen"].value(), "reason": "", "csrfmiddlewaretoken": token})
    assert answer.status_code == 200
    assert answer.context["form"].errors == {"reason": ["This field is required."]}
