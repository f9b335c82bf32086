"""From the list of grants to a job that cancels them: chosen, confirmed, watched, stopped."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bonuses.admin import grant_job_results
from bonuses.models import CancelItem, CancelJob, Grant
from bonuses.services import cancel_many
from bonuses.services.cancel_many import carry_on
from bonuses.tests.factories import AdapterFactory, GrantFactory
from bonuses.tests.fake_platform import KIND, FakePlatform
from integrations.tests.admin_client import INLINE, messages_in, signed_in, text

pytestmark = pytest.mark.django_db

LIST = "/admin/bonuses/grant/"
JOBS = "/admin/bonuses/canceljob/"
VIEW = "bonuses.view_grant"
CANCEL = "bonuses.cancel_grant"


@pytest.fixture
def grants(platform: type[FakePlatform]) -> list[Grant]:
    adapter = AdapterFactory(kind=KIND)
    return [GrantFactory(adapter=adapter, player__external_id=f"player-{n}") for n in range(3)]


def choose(client: Client, *chosen: Grant, query: str = "", across: str = "0") -> Any:
    form = {"action": "cancel_selected", "select_across": across, "index": "0"}
    return client.post(LIST + query, {**form, "_selected_action": [str(grant.pk) for grant in chosen]})


def page_of(job: CancelJob, what: str = "change") -> str:
    return f"{JOBS}{job.pk}/{what}/"


def begun(client: Client, *chosen: Grant) -> CancelJob:
    choose(client, *chosen)
    job = CancelJob.objects.get()
    client.post(page_of(job, "start"), {"reason": "a leak"})
    job.refresh_from_db()
    return job


def ids(job: CancelJob) -> set[Any]:
    return set(CancelItem.objects.filter(job=job).values_list("grant_id", flat=True))


def test_chosen_confirmed_and_carried_out(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)

    answer = choose(client, *grants[:2])
    job = CancelJob.objects.get()
    assert answer["Location"] == page_of(job, "start")
    assert (job.status, job.selection, job.created_by, ids(job)) == (
        "draft",
        "2 by hand",
        "olga",
        {grant.pk for grant in grants[:2]},
    )

    asked = client.get(page_of(job, "start"))
    assert INLINE.search(text(asked)) is None
    assert "Cancel 2 grants?" in text(asked)
    assert "€20.00" in text(asked)
    assert f"/admin/bonuses/grant/{grants[0].pk}/change/" in text(asked)
    assert list(client.post(page_of(job, "start"), {"reason": " "}).context["form"].errors) == ["reason"]
    assert carry_on() == 0

    done = client.post(page_of(job, "start"), {"reason": "a leak"}, follow=True)
    assert done.redirect_chain[-1][0] == page_of(job)
    assert messages_in(done) == ["They are being cancelled."]
    assert carry_on() == 2
    shown = text(client.get(page_of(job)))
    assert 'aria-valuenow="100"' in shown
    assert "Done: 2 of 2." in shown
    assert INLINE.search(shown) is None
    assert set(Grant.objects.values_list("status", flat=True)) == {"cancelled", "active"}
    assert "a leak" in text(client.get(JOBS))


def test_all_that_match_are_those_of_that_moment(grants: list[Grant]) -> None:
    other = GrantFactory(status="pending")
    client = signed_in(VIEW, CANCEL)

    choose(client, grants[0], query="?status__exact=active&after=x", across="1")
    # A place in the list that can't be read chooses nothing.
    assert not CancelJob.objects.exists()
    choose(client, grants[0], query="?status__exact=active", across="1")
    job = CancelJob.objects.get()
    GrantFactory(status="active")

    assert (job.selection, job.total) == ("all that matched status__exact=active", 3)
    assert ids(job) == {grant.pk for grant in grants}
    assert other.pk not in ids(job)


def test_the_page_of_a_list_does_not_narrow_what_matches(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    newest = grants[-1]

    choose(client, newest, query=f"?after={newest.created_at.isoformat().replace('+', '%2B')}~{newest.pk}", across="1")

    assert (CancelJob.objects.get().total, CancelJob.objects.get().selection) == (3, "all")


@pytest.mark.parametrize(
    ("status", "most", "told"),
    [
        ("completed", 10, "None of them is live: what has ended can't be cancelled."),
        ("active", 2, "More than 2 live grants match. Narrow the filter."),
    ],
)
def test_what_can_not_be_chosen(
    grants: list[Grant], monkeypatch: pytest.MonkeyPatch, status: str, most: int, told: str
) -> None:
    monkeypatch.setattr(cancel_many, "MOST", most)
    chosen = [GrantFactory(status="completed")] if status == "completed" else grants
    client = signed_in(VIEW, CANCEL)

    answer = choose(client, *chosen)

    assert answer["Location"] == LIST
    assert messages_in(client.get(LIST)) == [told]
    assert not CancelJob.objects.exists()


def test_what_is_no_id_is_refused(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    form = {"action": "cancel_selected", "index": "0", "_selected_action": ["nonsense"]}
    assert client.post(LIST, form)["Location"] == LIST
    assert messages_in(client.get(LIST)) == ["What was chosen could not be read; nothing was done."]
    assert not CancelJob.objects.exists()


def test_sent_twice_it_begins_once(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    job = begun(client, *grants)

    again = client.post(page_of(job, "start"), {"reason": "again"}, follow=True)

    assert messages_in(again)[-1] == "This was started before; nothing is done twice."
    job.refresh_from_db()
    assert (job.status, job.reason) == ("running", "a leak")
    assert (carry_on(), carry_on()) == (3, 0)


def test_a_selection_that_is_gone_is_told_of(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    choose(client, *grants)
    url = page_of(CancelJob.objects.get(), "start")
    CancelJob.objects.all().delete()

    answer = client.post(url, {"reason": "a leak"}, follow=True)

    assert messages_in(answer)[-1] == "This selection is no longer kept; nothing was done. Choose the grants again."
    assert carry_on() == 0


def test_stopped_by_post_alone(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    job = begun(client, *grants)

    client.get(page_of(job, "stop"))
    job.refresh_from_db()
    assert job.status == "running"
    assert page_of(job, "stop") in text(client.get(page_of(job)))
    told = client.post(page_of(job, "stop"), follow=True)
    assert "It is stopped." in messages_in(told)[-1]
    assert messages_in(client.post(page_of(job, "stop"), follow=True)) == ["There is nothing to stop."]
    job.refresh_from_db()
    assert (job.status, job.stopped_by, carry_on()) == ("stopped", "olga", 0)
    assert page_of(job, "stop") not in text(client.get(page_of(job)))


def test_the_part_that_is_read_again(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    job = begun(client, *grants)
    assert f'hx-get="{page_of(job, "status")}"' in text(client.get(page_of(job)))

    part = client.get(page_of(job, "status"), headers={"HX-Request": "true"})
    assert 'role="progressbar"' in text(part)
    assert '<p id="job-said" hx-swap-oob="innerHTML">Running, 0 percent done.</p>' in text(part)
    assert "<html" not in text(part)
    assert client.get(page_of(job, "status"))["Location"] == page_of(job)
    carry_on()
    assert client.get(page_of(job, "status"), headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert "hx-get" not in text(client.get(page_of(job)))


def test_results_by_outcome_and_by_pages(grants: list[Grant], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grant_job_results, "SHOWN", 2)
    client = signed_in(VIEW, CANCEL)
    job = begun(client, *grants)
    first = CancelItem.objects.filter(job=job).order_by("id")[0]
    CancelItem.objects.filter(pk=first.pk).update(outcome="refused", detail="NO: paid out")

    def rows(**query: str) -> list[str]:
        return [row[2] for row in client.get(page_of(job), query).context["results"].tables[0].rows]

    assert rows() == ["Refused", "not touched"]
    next_page = client.get(client.get(page_of(job)).context["results"].next_url)
    assert len(next_page.context["results"].tables[0].rows) == 1
    assert rows(outcome="refused") == ["Refused"]
    assert rows(outcome="open") == ["not touched", "not touched"]
    assert rows(outcome="cancelled") == []
    for bad in ("nonsense", "-1", "9" * 40):
        assert client.get(page_of(job), {"after": bad}).status_code == 200


def test_a_page_costs_the_same_however_many(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    job = begun(client, *grants)

    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    for url in (page_of(job), JOBS):
        queries(url)
        assert queries(url) <= 12
    few = queries(page_of(job))
    choose(client, *GrantFactory.create_batch(20, adapter=grants[0].adapter))
    draft = CancelJob.objects.get(status="draft")
    assert queries(page_of(draft, "start")) <= 12
    client.post(page_of(draft, "start"), {"reason": "more"})
    assert queries(page_of(draft)) == few


def test_what_was_not_begun_is_not_in_the_list(grants: list[Grant]) -> None:
    client = signed_in(VIEW, CANCEL)
    choose(client, *grants)
    assert list(client.get(JOBS).context["cl"].result_list) == []


def test_who_may_only_view_sees_and_does_nothing(grants: list[Grant]) -> None:
    job = begun(signed_in(VIEW, CANCEL), *grants)
    viewer = signed_in(VIEW, name="vera")

    assert viewer.get(JOBS).status_code == 200
    page = text(viewer.get(page_of(job)))
    assert page_of(job, "stop") not in page
    assert viewer.get(page_of(job, "status"), headers={"HX-Request": "true"}).status_code == 200
    for what in ("start", "stop"):
        assert viewer.get(page_of(job, what)).status_code == 403
        assert viewer.post(page_of(job, what), {"reason": "because"}).status_code == 403
    choose(viewer, *grants)
    assert CancelJob.objects.count() == 1
    assert viewer.post(page_of(job), {"reason": "changed"}).status_code == 403
    assert viewer.post(page_of(job, "delete"), {"post": "yes"}).status_code == 403
    nobody = signed_in(name="nobody")
    assert {nobody.get(url).status_code for url in (JOBS, page_of(job), page_of(job, "status"))} == {403}
