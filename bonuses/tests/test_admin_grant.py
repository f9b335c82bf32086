import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bonuses.admin import grant_list, grant_pages
from bonuses.admin.grant import GrantAdmin
from bonuses.lifecycle import Cause
from bonuses.models import Drift, Grant, GrantTransition
from bonuses.services.cancel import GrantNotCancellable
from bonuses.services.credit import AdapterRejected, AdapterUnavailable
from bonuses.tests.factories import GrantFactory, PlayerFactory
from integrations.models import OutgoingEvent, WebhookDelivery
from integrations.platforms.base import PlatformRefused
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/bonuses/grant/"
VIEW = "bonuses.view_grant"
CANCEL = "bonuses.cancel_grant"
RESOLVE = "bonuses.resolve_grant"


def page_of(grant: Grant, what: str = "change") -> str:
    return f"{LIST}{grant.pk}/{what}/"


def agreed(page: Any, reason: str) -> dict[str, str]:
    """What a person who has seen the page sends."""
    return {"seen": page.context["form"]["seen"].value(), "reason": reason}


def listed(query: dict[str, str]) -> list[Grant]:
    client = signed_in(VIEW, name=f"reader-{uuid.uuid4()}")
    return list(client.get(LIST, query).context["cl"].result_list)


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []

    def cancel(*, grant_id: uuid.UUID, cause: Cause, reason: str = "") -> Grant:
        calls.append((grant_id, cause.kind, cause.actor, reason))
        found = Grant.objects.get(pk=grant_id)
        if found.has_ended:
            raise GrantNotCancellable(found)
        if found.platform_bonus_id == "stubborn":
            raise AdapterRejected(grant_id, PlatformRefused("NOT_CANCELLABLE", "already paid out"))
        if found.platform_bonus_id == "far-away":
            raise AdapterUnavailable(grant_id, retry_after=5)
        found.status = "cancelled"
        return found

    monkeypatch.setattr(grant_pages, "cancel", cancel)
    return calls


def test_the_page_shows_history_webhooks_events_and_drift() -> None:
    shown = GrantFactory.create(deposit_amount=5000, meta={"note": "<script>"})
    hook = WebhookDelivery.objects.create(
        adapter=shown.adapter, grant_id=shown.pk, event="bonus.credited", event_id="e-1", body="{}", outcome="applied"
    )
    GrantTransition.objects.create(
        grant=shown,
        seq=1,
        to_status="active",
        at=timezone.now(),
        cause="webhook",
        actor="acme",
        webhook_id=hook.pk,
        reason="as told",
        amounts={"amount": 1000, "bonus_turned_real": None},
    )
    event = OutgoingEvent.objects.create(
        sink="file",
        event_id=uuid.uuid4(),
        key="0:Created",
        kind="BONUS",
        status="Created",
        grant_id=shown.pk,
        user_id="player-1",
        body="{}",
    )
    Drift.objects.create(grant=shown, kind="credited_after_end", ours="failed", theirs="active")

    page = text(signed_in(VIEW).get(page_of(shown)))

    for part in (
        "amount €10.00",
        "as told",
        f"/admin/integrations/webhookdelivery/{hook.pk}/change/",
        f"/admin/integrations/outgoingevent/{event.pk}/change/",
        "credited_after_end",
        "€50.00",
        "<li>type: no_deposit</li>",
        "&lt;script&gt;",
    ):
        assert part in page, part
    assert INLINE.search(page) is None
    assert "_save" not in page


def test_finds_by_id_by_platform_id_and_by_how_the_player_begins() -> None:
    one = GrantFactory.create(player=PlayerFactory.create(external_id="vip-0001"))
    two = GrantFactory.create(player=PlayerFactory.create(external_id="vip-0002"), platform_bonus_id="pb-two")
    GrantFactory.create(player=PlayerFactory.create(external_id="other"))

    assert listed({"q": str(one.pk)}) == [one]
    assert listed({"q": "pb-two"}) == [two]
    assert listed({"q": " vip-0001 "}) == [one]
    assert listed({"q": "vip-"}) == [two, one]
    assert listed({"q": "ip-0001"}) == []


def test_filters() -> None:
    quiet = GrantFactory.create(granted_by_kind="api")
    assert listed({"template": str(uuid.uuid4())}) == listed({"template": "nonsense"}) == []
    stuck = GrantFactory.create(status="queued", needs_person=True, granted_by_kind="manual")
    wished = GrantFactory.create(wish="cancelled", template__type="cashback")
    excluded = GrantFactory.create(player__status="self_excluded")
    GrantFactory.create(player__status="banned", status="completed")

    assert listed({"attention": "needs_person"}) == [stuck]
    assert listed({"attention": "wish"}) == [wished]
    assert listed({"attention": "player_not_active"}) == [excluded]
    assert listed({"template": str(wished.template_id)}) == [wished]
    assert listed({"status__exact": "queued"}) == [stuck]
    assert listed({"granted_by_kind__exact": "api", "status__exact": "active"}) == [excluded, wished, quiet]


def test_a_list_costs_the_same_however_many_rows() -> None:
    client = signed_in(VIEW)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    GrantFactory.create()
    few = queries()
    GrantFactory.create_batch(20)
    assert queries() == few <= 13


def test_a_page_costs_the_same_however_long_the_history() -> None:
    shown = GrantFactory.create()
    client = signed_in(VIEW)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page_of(shown)).status_code == 200
        return len(captured)

    queries()  # What a process reads once, such as the types of its models, is no cost of the page.
    few = queries()
    for seq in range(1, 30):
        GrantTransition.objects.create(grant=shown, seq=seq, to_status="active", at=timezone.now(), cause="system")
    assert queries() == few <= 14


def test_the_list_counts_no_further_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grant_list, "COUNTED_AT_MOST", 3)
    monkeypatch.setattr(GrantAdmin, "list_per_page", 2)
    GrantFactory.create_batch(5)
    client = signed_in(VIEW)

    with CaptureQueriesContext(connection) as captured:
        page = client.get(LIST)

    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 4" in counts[0]
    assert "more than 3 grants" in text(page)


def test_cancels_by_post_with_a_reason(cancelled: list[Any]) -> None:
    live = GrantFactory.create()
    client = signed_in(VIEW, CANCEL)

    assert page_of(live, "cancel") in text(client.get(page_of(live)))
    asked = client.get(page_of(live, "cancel"))
    assert asked.status_code == 200
    assert INLINE.search(text(asked)) is None
    assert "This field is required." in text(client.post(page_of(live, "cancel"), {"reason": ""}))
    assert cancelled == []

    done = client.post(page_of(live, "cancel"), agreed(asked, "given by mistake"), follow=True)
    assert cancelled == [(live.pk, "admin", "olga", "given by mistake")]
    assert messages_in(done) == ["The grant is cancelled."]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "completed"}, "The grant has ended: it is completed."),
        ({"platform_bonus_id": "stubborn"}, "NOT_CANCELLABLE: already paid out"),
        ({"platform_bonus_id": "far-away"}, "the wish is kept and will be carried out"),
    ],
)
def test_says_why_a_grant_was_not_cancelled(cancelled: list[Any], fields: dict[str, str], told: str) -> None:
    live = GrantFactory.create()
    client = signed_in(VIEW, CANCEL)
    form = agreed(client.get(page_of(live, "cancel")), "mistake")
    QuerySet(Grant).filter(pk=live.pk).update(**fields)

    done = client.post(page_of(live, "cancel"), form, follow=True)

    assert told in messages_in(done)[0]


def test_a_cancel_sent_twice_is_harmless(cancelled: list[Any]) -> None:
    live = GrantFactory.create()
    client = signed_in(VIEW, CANCEL)
    form = agreed(client.get(page_of(live, "cancel")), "mistake")
    QuerySet(Grant).filter(pk=live.pk).update(status="cancelled")

    done = client.post(page_of(live, "cancel"), form, follow=True)

    assert messages_in(done) == ["Nothing was done. The grant is cancelled already."]
    assert cancelled == []


@pytest.mark.parametrize("change", [{"status": "pending"}, {"transition_count": 7}, {"wish": "expired"}])
def test_a_grant_that_has_changed_is_looked_at_again(cancelled: list[Any], change: dict[str, Any]) -> None:
    live = GrantFactory.create()
    client = signed_in(VIEW, CANCEL)
    form = agreed(client.get(page_of(live, "cancel")), "given by mistake")
    QuerySet(Grant).filter(pk=live.pk).update(**change)

    again = client.post(page_of(live, "cancel"), form)

    assert "The grant has changed since you opened this page." in text(again)
    assert 'value="given by mistake"' in text(again)
    assert cancelled == []
    client.post(page_of(live, "cancel"), agreed(again, "given by mistake"))
    assert len(cancelled) == 1


def test_a_platform_that_can_not_take_back_is_told_of_before(cancelled: list[Any]) -> None:
    live = GrantFactory.create(adapter__capabilities=["issue"])
    done = signed_in(VIEW, CANCEL).get(page_of(live, "cancel"), follow=True)
    assert "lacks the capability" in messages_in(done)[0]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"wagering_required": 5000, "progress_hundredths": 123456}, "€12.34 of €50.00"),
        ({"wish": "expired"}, "It is to end as expired already"),
        ({"status": "queued"}, "the player never sees it"),
        ({"status": "queued", "attempted_at": timezone.now()}, "Nobody knows yet"),
        ({}, "the player sees it go"),
    ],
)
def test_says_what_cancelling_will_do(fields: dict[str, Any], told: str) -> None:
    live = GrantFactory.create(**fields)
    assert told in text(signed_in(VIEW, CANCEL).get(page_of(live, "cancel")))


def test_resolves_what_waits_for_a_person() -> None:
    stuck = GrantFactory.create(status="queued", needs_person=True, attempts=1, attempted_at=timezone.now())
    client = signed_in(VIEW, RESOLVE)

    assert page_of(stuck, "resolve") in text(client.get(page_of(stuck)))
    assert client.get(page_of(stuck, "resolve")).status_code == 200
    incomplete = client.post(page_of(stuck, "resolve"), {"reason": "looked it up"})
    assert list(incomplete.context["form"].errors) == ["was_credited"]
    stuck.refresh_from_db()
    assert (stuck.status, stuck.needs_person) == ("queued", True)

    client.post(page_of(stuck, "resolve"), {"reason": "looked it up", "was_credited": "no"})
    stuck.refresh_from_db()
    assert (stuck.status, stuck.needs_person) == ("failed", False)
    change = GrantTransition.objects.get(grant=stuck)
    assert (change.to_status, change.cause, change.actor, change.reason) == ("failed", "admin", "olga", "looked it up")


def test_credited_says_the_person() -> None:
    stuck = GrantFactory.create(status="queued", needs_person=True, attempts=1, attempted_at=timezone.now())

    answer = {"reason": "it is in the ledger", "was_credited": "yes"}
    signed_in(VIEW, RESOLVE).post(page_of(stuck, "resolve"), answer)

    stuck.refresh_from_db()
    assert stuck.status == "active"


def test_nothing_to_resolve_is_said() -> None:
    live = GrantFactory.create()

    answer = {"reason": "why not", "was_credited": "no"}
    done = signed_in(VIEW, RESOLVE).post(page_of(live, "resolve"), answer, follow=True)

    assert messages_in(done) == ["Nobody needs to say anything about this grant."]
    live.refresh_from_db()
    assert live.status == "active"


def test_who_may_only_view_can_not_act(cancelled: list[Any]) -> None:
    live = GrantFactory.create()
    stuck = GrantFactory.create(status="queued", needs_person=True)
    client = signed_in(VIEW, "bonuses.change_grant", "bonuses.delete_grant")

    page = text(client.get(page_of(stuck)))
    assert page_of(stuck, "cancel") not in page
    assert page_of(stuck, "resolve") not in page
    for url in (page_of(live, "cancel"), page_of(stuck, "resolve")):
        assert client.get(url).status_code == 403
        assert client.post(url, {"reason": "because", "was_credited": "no"}).status_code == 403
    chosen = {"action": "cancel_selected", "_selected_action": [live.pk], "confirmed": "yes", "reason": "because"}
    client.post(LIST, chosen)
    assert client.post(page_of(live), {"amount": "5"}).status_code == 403
    assert client.post(page_of(live, "delete"), {"post": "yes"}).status_code == 403
    assert cancelled == []
    stuck.refresh_from_db()
    assert stuck.status == "queued"
