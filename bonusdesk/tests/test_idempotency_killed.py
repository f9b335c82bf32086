"""A process is killed in the middle of a POST with a key. The next try finds what it did, and gives no money twice."""

import pytest
from pytest_django import Settings

from bonusdesk.models import IdempotencyKey
from bonusdesk.tests import keyed
from bonusdesk.tests.keyed import PLAYER, TEMPLATE, grant_of, killed, lapse, order, post, the_grant, told
from bonuses.models import BonusTemplate, Grant, Player
from bonuses.services import sweep
from bonuses.tests.api_client import ApiClient
from bonuses.tests.issuing import give, make_due
from bonuses.tests.platform_reports import current
from campaigns.models import Campaign
from campaigns.tests.begun import begun
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = pytest.mark.django_db(transaction=True)

IN_PROGRESS = (409, "IDEMPOTENCY_IN_PROGRESS", False)
UNKNOWN_YET = (503, "ADAPTER_UNAVAILABLE", False)


@pytest.fixture
def api(settings: Settings) -> ApiClient:
    """The same caller as in the process that is killed."""
    settings.INTERNAL_SECRETS = [keyed.SECRET]
    return ApiClient(**{"X-Internal-Secret": keyed.SECRET})


def check_given_once(simulator: Remote) -> None:
    assert Grant.objects.count() == 1
    assert (the_grant().status, simulator.credits(the_grant().pk)) == ("active", 1)
    assert simulator.ledger()["double_credits"] == {}


@pytest.mark.parametrize(("at", "made"), [("key.claimed", 0), ("key.finishing", 1)])
def test_before_the_promise_and_after_the_outcome(
    *, adapter: Adapter, simulator: Remote, api: ApiClient, database_url: str, at: str, made: int
) -> None:
    body = order()
    killed(database_url, "bonus-grants", body, at=at)
    assert Grant.objects.count() == made
    # Nobody knows that it is dead before its lease has run out.
    assert told(post(api, "bonus-grants", body)) == IN_PROGRESS
    lapse()
    answer = post(api, "bonus-grants", body)
    assert (told(answer), grant_of(answer)) == ((201, "", False), str(the_grant().pk))
    assert post(api, "bonus-grants", body).content == answer.content
    check_given_once(simulator)


@pytest.mark.parametrize(("at", "credited"), [("issue.promised", 0), ("credit.claimed", 0), ("credit.answered", 1)])
def test_between_promise_and_outcome(
    *, adapter: Adapter, simulator: Remote, api: ApiClient, database_url: str, at: str, credited: int
) -> None:
    body = order()
    killed(database_url, "bonus-grants", body, at=at)
    grant = the_grant()
    assert simulator.credits(grant.pk) == credited
    assert told(post(api, "bonus-grants", body)) == IN_PROGRESS
    lapse()
    answer = post(api, "bonus-grants", body)
    assert (told(answer), grant_of(answer)) == (UNKNOWN_YET, str(grant.pk))
    assert simulator.credits(grant.pk) == credited
    make_due(grant)
    assert sweep.retry_queued().done == 1
    answer = post(api, "bonus-grants", body)
    assert (told(answer), grant_of(answer)) == ((201, "", True), str(grant.pk))
    check_given_once(simulator)


def test_the_next_try_is_killed_as_well(adapter: Adapter, simulator: Remote, api: ApiClient, database_url: str) -> None:
    body = order()
    for at in ("key.claimed", "credit.answered", "key.claimed"):
        killed(database_url, "bonus-grants", body, at=at)
        lapse()
    make_due(the_grant())
    sweep.retry_queued()
    assert told(post(api, "bonus-grants", body)) == (201, "", False)
    check_given_once(simulator)


@pytest.mark.parametrize("at", ["finish.claimed", "finish.answered"])
def test_while_cancelling(adapter: Adapter, simulator: Remote, api: ApiClient, database_url: str, at: str) -> None:
    grant = give()
    path = f"bonus-grants/{grant.pk}/cancel"
    killed(database_url, path, {}, at=at)
    assert told(post(api, path, {})) == IN_PROGRESS
    lapse()
    assert told(post(api, path, {})) == UNKNOWN_YET
    make_due(grant)
    sweep.carry_out_wishes()
    assert current(grant).status == "cancelled"
    assert told(post(api, path, {})) == (200, "", True)
    assert simulator.ledger_of(grant.pk)["balance"] == 0


def test_after_cancelling(adapter: Adapter, simulator: Remote, api: ApiClient, database_url: str) -> None:
    grant = give()
    path = f"bonus-grants/{grant.pk}/cancel"
    killed(database_url, path, {}, at="key.finishing")
    assert current(grant).status == "cancelled"
    lapse()
    assert told(post(api, path, {})) == (200, "", False)


@pytest.mark.parametrize("at", ["key.claimed", "key.finishing"])
@pytest.mark.parametrize(
    ("action", "before", "after", "status"),
    [
        ("issue", "scheduled", "issuing", 202),
        ("pause", "issuing", "paused", 200),
        ("resume", "paused", "issuing", 200),
        ("cancel", "issuing", "cancelled", 200),
    ],
)
def test_a_campaign_is_told_once(
    *, api: ApiClient, database_url: str, at: str, action: str, before: str, after: str, status: int
) -> None:
    campaign = begun(before)
    path = f"bonus-campaigns/{campaign.pk}/{action}"
    killed(database_url, path, {}, at=at)
    assert Campaign.objects.get().status == before
    assert told(post(api, path, {})) == IN_PROGRESS
    lapse()
    first = post(api, path, {})
    assert (told(first), first.json()["data"]["status"]) == ((status, "", False), after)
    again = post(api, path, {})
    assert (told(again), again.content) == ((status, "", True), first.content)
    assert told(post(api, path, {}, key="other")) == (409, "CAMPAIGN_NOT_ISSUABLE", False)


@pytest.mark.parametrize(("path", "body"), [("bonus-templates", TEMPLATE), ("players/identify", PLAYER)])
def test_in_a_transaction_nothing_has_happened(
    api: ApiClient, database_url: str, path: str, body: dict[str, str]
) -> None:
    killed(database_url, path, body, at="key.finishing")
    assert BonusTemplate.objects.count() + Player.objects.count() == 0
    row = IdempotencyKey.objects.get()
    assert (row.status, row.is_final) == (None, False)
    assert told(post(api, path, body)) == IN_PROGRESS
    lapse()
    assert told(post(api, path, body)) == (201, "", False)
    assert told(post(api, path, body)) == (201, "", True)
    assert BonusTemplate.objects.count() + Player.objects.count() == 1
