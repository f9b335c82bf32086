"""A worker is killed, without warning, at each place where that could hurt; the next one puts it right."""

import signal

import pytest

from bonuses.models import Grant
from bonuses.services import sweep
from campaigns.fanout.run import fan_out
from campaigns.fanout.tick import tick
from campaigns.models import Chunk, Recipient
from campaigns.tests import doomed
from campaigns.tests.fanning import check_counts, check_spent, current, everything_due, issued, players, told_once
from integrations.models import Adapter
from integrations.simulator.remote import Remote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks")]

REFUSED = "the one without a wallet"


@pytest.mark.parametrize(
    ("at", "credited"),
    [
        ("fanout.snapshot", 0),
        ("fanout.promised", 0),
        ("fanout.called", 2),
        ("fanout.answered", 2),
        ("fanout.settled", 2),
        ("fanout.promised:2", 2),
        ("fanout.called:3", 4),
        ("fanout.answered:3", 4),
    ],
)
def test_killed_at(*, adapter: Adapter, simulator: Remote, database_url: str, at: str, credited: int) -> None:
    players(4)
    refused = players(1, external_id=REFUSED)[0]
    players(2, status="banned")
    simulator.put_faults(refused_players={REFUSED: {"code": "NO_WALLET"}})
    campaign = issued(budget_amount=100_000)
    assert doomed.run_to(database_url, campaign.pk, failpoint=at) == -signal.SIGKILL
    check_counts(campaign)
    check_spent(campaign)
    assert sum(simulator.credits(grant.pk) for grant in Grant.objects.all()) == credited
    # Nobody knows that it is dead before its lease and its claims have run out.
    held = Chunk.objects.filter(leased_until__isnull=False).count()
    assert held == (0 if at == "fanout.snapshot" else 1)
    everything_due()
    sweep.retry_queued()
    fan_out(campaign.pk)
    tick()
    assert current(campaign).status == "issued"
    assert check_counts(campaign) == {"pending": 0, "granted": 4, "skipped": 2, "failed": 1}
    assert check_spent(campaign) == 4000
    told_once(campaign)
    granted = Recipient.objects.filter(status="granted").values_list("grant_id", flat=True)
    assert [simulator.credits(grant_id) for grant_id in granted if grant_id] == [1] * 4
    assert simulator.ledger()["double_credits"] == {}
    assert simulator.state()["repeats"]["with_other_bytes"] == 0
    assert Recipient.objects.get(status="failed").player_id == refused.pk
