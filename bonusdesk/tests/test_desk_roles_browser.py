"""Each of the four groups in a real browser: it sees what it may do and nothing else, and is refused the rest."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.utils import quote
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from bonusdesk.tests import desk_roles
from bonusdesk.tests.admin_rows import delivery, event
from bonusdesk.tests.desk_roles import FIELDS, LISTS, PANELS, ROLES, may
from bonusdesk.tests.groups_again import make_groups, person
from bonuses.models import CancelItem, CancelJob, Drift, Stop
from bonuses.tests.browser import sign_in
from bonuses.tests.factories import AdapterFactory, GrantFactory, PlayerFactory, TemplateFactory
from campaigns.tests.approving import approved, costly
from campaigns.tests.begun import begun, with_recipients
from campaigns.tests.factories import SegmentFactory, list_of
from integrations.ids import new_id
from integrations.models import ExchangeRate, SinkState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

DOING = """() => [...document.querySelectorAll(
    ".object-tools a, .submit-row :is(input, button, a:not(.closelink)), .job [type=submit], a.button, " +
    "select[name=action] option:not([value=''])"
)].map(one => one.tagName === "INPUT" ? one.value : one.textContent.trim())"""
TYPED_INTO = "#content fieldset :is(input, select, textarea):visible"
LINKS = "all => all.map(one => one.getAttribute('href').replace('/admin/', '').replace('/add', '').slice(0, -1))"
SECRETS = ("token-for-tests", "signing-secret-for-tests", "webhook-secret-for-tests")


@pytest.fixture
def rows(settings: Settings, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The ids of a desk on which everything can be done."""
    make_groups(monkeypatch)
    settings.EVENT_SINKS = ["kafka"]
    settings.CAMPAIGN_APPROVAL_THRESHOLD = 1000
    adapter, template, player = AdapterFactory(), TemplateFactory(), PlayerFactory()
    jobs = {
        status: CancelJob.objects.create(created_by="max", status=status, total=1) for status in ("draft", "running")
    }
    for job in jobs.values():
        CancelItem.objects.create(job=job, grant=GrantFactory())
    PlayerFactory()
    draft, issuing = costly(), begun(snapshot_at=timezone.now(), audience_count=1)
    approved(draft)
    with_recipients(issuing, ["pending"])
    parked = event(sink="kafka", parked_at=timezone.now(), last_error="400")
    flying = event(sink="kafka")
    in_flight = {"ids": [flying.pk], "mark": {}}
    SinkState.objects.create(sink="kafka", in_flight=in_flight, halted_at=timezone.now(), halt_reason="Lost.")
    rate = ExchangeRate.objects.create(base="EUR", quote="USD", rate="1.1", valid_from=timezone.now(), source="s")
    stopped = TemplateFactory().pk
    return {
        "adapter": adapter.pk,
        "chosen": jobs["draft"].pk,
        "delivery": delivery().pk,
        "doubtful": GrantFactory(status="queued", needs_person=True).pk,
        "draft": draft.pk,
        "drift": Drift.objects.create(grant=GrantFactory(), kind="status").pk,
        "event": parked.pk,
        "grant": GrantFactory(template=template, player=player).pk,
        "issuing": issuing.pk,
        "job": jobs["running"].pk,
        "listed": list_of([player]).pk,
        "new": new_id(),
        "parked": parked.grant_id,
        "paused": begun("paused", status_reason="By hand.").pk,
        "player": player.pk,
        "rate": rate.pk,
        "ruled": SegmentFactory().pk,
        "stop": Stop.objects.create(
            key=f"template:{stopped}", scope="template", target=stopped, reason="x", set_by="y"
        ).pk,
        "template": template.pk,
    }


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest, rows: dict[str, Any], tab: Page, live_server: LiveServer) -> str:
    """Whose tab it is."""
    name: str = request.param
    person(name)
    sign_in(tab, live_server.url, name)
    return name


def address(live_server: LiveServer, path: str, rows: dict[str, Any]) -> str:
    return f"{live_server.url}/admin/{path.format(**{name: quote(pk) for name, pk in rows.items()})}"


def refused(role: str, lowest: dict[Any, str]) -> list[Any]:
    return [what for what, group in lowest.items() if not may(role, group)]


def stored() -> dict[str, list[Any]]:
    ours = ("admin", "auth", "axes", "bonuses", "campaigns", "integrations")
    models = [model for app in ours for model in apps.get_app_config(app).get_models()]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


def send(tab: Page, url: str, **form: str) -> tuple[int, str]:
    """As a page of this browser would, had it the button."""
    token = next(cookie["value"] for cookie in tab.context.cookies() if cookie["name"] == "csrftoken")
    answer = tab.request.post(url, form={"csrfmiddlewaretoken": token, **form}, max_redirects=0)
    return answer.status, answer.text()


def test_the_front_page_offers_what_one_may(tab: Page, role: str) -> None:
    lists = {kind: {path for path, lowest in LISTS.items() if may(role, lowest[kind])} for kind in range(3)}

    def of(kind: str) -> set[str]:
        return set(tab.eval_on_selector_all(f"#content-main a.{kind}", LINKS))

    assert of("addlink") == lists[1]
    assert of("changelink") == lists[2]
    assert of("viewlink") == lists[0] - lists[2]
    assert tab.locator(".desk > h2").all_text_contents() == PANELS


def test_pages_show_what_one_may_do(tab: Page, live_server: LiveServer, rows: dict[str, Any], role: str) -> None:
    shown, expected = {}, {}
    for path, controls in desk_roles.SHOWN.items():
        tab.goto(address(live_server, path, rows))
        fields = {FIELDS} if path.endswith("/change/") and tab.locator(TYPED_INTO).count() else set()
        shown[path] = {*tab.evaluate(DOING), *fields}
        expected[path] = {control for control, lowest in controls.items() if may(role, lowest)}
    assert shown == expected


def test_one_opens_what_one_may_and_nothing_else(
    tab: Page, live_server: LiveServer, rows: dict[str, Any], role: str
) -> None:
    statuses = {
        path: tab.request.get(address(live_server, path, rows), max_redirects=0).status for path in desk_roles.OPENS
    }
    assert statuses == {path: 200 if may(role, lowest) else 403 for path, lowest in desk_roles.OPENS.items()}


def test_what_is_not_shown_is_not_taken_either(
    tab: Page, live_server: LiveServer, rows: dict[str, Any], role: str
) -> None:
    before = stored()
    for path in refused(role, desk_roles.OPENS | desk_roles.TAKES):
        status, said = send(tab, address(live_server, path, rows), post="yes", reason="because")
        assert (status, "CSRF" in said) == (403, False), path
    for path, action, row in refused(role, desk_roles.ACTIONS):
        status, said = send(
            tab,
            address(live_server, path, rows),
            action=action,
            _selected_action=str(rows[row]),
            index="0",
            confirmed="yes",
            post="yes",
            reason="because",
        )
        assert (status in {200, 302}, "CSRF" in said) == (True, False), (path, action)
    assert stored() == before


def test_no_secret_is_shown_to_anybody(tab: Page, live_server: LiveServer, rows: dict[str, Any], role: str) -> None:
    tab.goto(address(live_server, "integrations/adapter/{adapter}/change/", rows))
    assert [secret for secret in SECRETS if secret in tab.content()] == []
    assert tab.locator("#id_token").count() == (1 if role == desk_roles.ADMIN else 0)
    assert tab.get_by_text("Token is set").count() == 1
