"""The audience is decided once, when a campaign begins."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bonuses.models import Player
from bonuses.services.stop import stop
from bonuses.tests.factories import PlayerFactory
from campaigns.audience import audience_of, held_out_of
from campaigns.fanout import snapshot
from campaigns.fanout.run import fan_out
from campaigns.fanout.snapshot import ensure_snapshot
from campaigns.models import Campaign, Chunk, Recipient
from campaigns.services.cancel_campaign import cancel_campaign
from campaigns.services.pause_campaign import pause_campaign
from campaigns.tests.factories import CampaignFactory, SegmentFactory, list_of
from campaigns.tests.fanning import check_counts, current, everything_due, issued, players

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_chunks")]


def test_numbered_by_player_and_cut_into_chunks() -> None:
    those = players(7)
    campaign = issued()
    assert ensure_snapshot(campaign) is True
    rows = Recipient.objects.order_by("number").values_list("number", "player_id", "status", "grant_id")
    assert list(rows) == [(number, player.pk, "pending", None) for number, player in enumerate(those)]
    chunks = Chunk.objects.order_by("number").values_list("number", "untouched", "pending", "epoch")
    assert list(chunks) == [(0, 3, 3, 0), (1, 3, 3, 0), (2, 1, 1, 0)]
    assert (campaign.audience_count, campaign.holdout_count, campaign.snapshot_claimed_until) == (7, 0, None)
    assert check_counts(campaign) == {"pending": 7, "granted": 0, "skipped": 0, "failed": 0}


def test_who_comes_later_is_not_in_it() -> None:
    players(2)
    campaign = issued()
    ensure_snapshot(campaign)
    players(2)
    assert ensure_snapshot(current(campaign)) is True
    assert Recipient.objects.count() == 2


def test_a_list_and_rules() -> None:
    those = players(4)
    listed = issued(segment=list_of(those[1:3]))
    PlayerFactory(total_deposited=500)
    rules = {"field": "total_deposited", "op": "gte", "value": 500}
    ruled = issued(segment=SegmentFactory(rules=rules))
    for campaign in (listed, ruled):
        ensure_snapshot(campaign)
    assert [(listed.audience_count), (ruled.audience_count)] == [2, 1]
    assert set(listed.recipients.values_list("player_id", flat=True)) == {player.pk for player in those[1:3]}


def test_one_statement_however_many() -> None:
    players(9)
    campaign = issued()
    with CaptureQueriesContext(connection) as captured:
        ensure_snapshot(campaign)
    about = [query["sql"] for query in captured.captured_queries if "campaigns_recipient" in query["sql"]]
    assert len(about) == 1
    assert about[0].split()[:3] == ["INSERT", "INTO", '"campaigns_recipient"']


def test_held_out_players_are_outside_of_it() -> None:
    those = players(40)
    campaign = issued(holdout_percent=50, holdout_salt="5a17")
    ensure_snapshot(campaign)
    held_out = set(held_out_of(campaign))
    assert campaign.holdout_count == len(held_out)
    assert campaign.audience_count == 40 - len(held_out)
    assert 5 < len(held_out) < 35
    assert set(audience_of(campaign)) == set(those) - held_out
    assert set(Player.objects.filter(pk__in=campaign.recipients.values("player_id"))) == set(those) - held_out


@pytest.mark.postgres
def test_both_are_counted_among_the_same_players() -> None:
    """Each statement finds more players than the one before: as if many registered just then."""
    players(20)
    campaign = issued(holdout_percent=50)

    def more(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if 'FROM "bonuses_player"' in sql:
            Player.objects.bulk_create(PlayerFactory.build_batch(20))
        return execute(sql, *rest)

    with connection.execute_wrapper(more):
        ensure_snapshot(campaign)
    row = current(campaign)
    assert row.audience_count == Recipient.objects.count()
    assert (row.audience_count or 0) + (row.holdout_count or 0) == Player.objects.count() == 40


def test_who_is_held_out_depends_on_the_salt_alone() -> None:
    players(40)
    one, other = (CampaignFactory(holdout_percent=50, holdout_salt=salt) for salt in ("5a17", "5a18"))
    fewer = CampaignFactory(holdout_percent=10, holdout_salt="5a17")
    assert set(held_out_of(one)) == set(held_out_of(one))
    assert set(held_out_of(one)) != set(held_out_of(other))
    assert set(held_out_of(fewer)) < set(held_out_of(one))
    assert list(held_out_of(CampaignFactory())) == []


def test_who_took_it_at_the_same_time_leaves_what_he_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the claim had run out while the first was still at it."""
    players(4)
    campaign = issued()
    claim = snapshot._claim

    def overtaken(of: Campaign) -> bool:
        monkeypatch.setattr(snapshot, "_claim", claim)
        assert ensure_snapshot(current(of)) is True
        players(2)
        return True

    monkeypatch.setattr(snapshot, "_claim", overtaken)
    assert ensure_snapshot(campaign) is False
    assert current(campaign).audience_count == 4
    assert check_counts(campaign)["pending"] == 4


def test_who_finds_it_claimed_leaves_it_alone() -> None:
    players(1)
    campaign = issued()
    assert snapshot._claim(campaign) is True
    assert ensure_snapshot(current(campaign)) is False
    assert fan_out(campaign.pk) is False
    assert not Recipient.objects.exists()
    everything_due()
    assert ensure_snapshot(current(campaign)) is True


@pytest.mark.parametrize("verb", [pause_campaign, cancel_campaign])
def test_told_to_wait_or_to_end_meanwhile(monkeypatch: pytest.MonkeyPatch, verb: object) -> None:
    """What is paused keeps its snapshot; what is cancelled has none, and nobody to tell."""
    players(2)
    campaign = issued()
    claim = snapshot._claim

    def then(of: Campaign) -> bool:
        got = claim(of)
        verb(campaign_id=of.pk, by="anna")  # type: ignore[operator]
        return got

    monkeypatch.setattr(snapshot, "_claim", then)
    is_paused = verb is pause_campaign
    assert ensure_snapshot(campaign) is is_paused
    assert Recipient.objects.count() == Chunk.objects.count() * 2 == (2 if is_paused else 0)
    row = current(campaign)
    assert (row.snapshot_at is not None, row.finished_at is None) == (is_paused, is_paused)
    assert check_counts(campaign)["pending"] == (2 if is_paused else 0)


def test_rules_that_are_no_longer_taken_pause_it() -> None:
    campaign = issued()
    campaign.segment.rules = {"field": "shoe_size", "op": "eq", "value": 43}
    campaign.segment.save()
    assert fan_out(campaign.pk) is False
    row = current(campaign)
    assert row.status == "paused"
    assert row.status_reason.startswith("VALIDATION_ERROR: ")


def test_a_stop_does_not_hold_back_the_snapshot() -> None:
    players(1)
    campaign = issued()
    stop(scope="all", target=None, reason="an incident", by="anna")
    fan_out(campaign.pk)
    row = current(campaign)
    assert (row.status, row.status_reason, row.audience_count) == ("paused", "ISSUING_STOPPED: an incident", 1)


@pytest.mark.postgres
def test_nobody_who_pauses_it_waits_for_foreign_keys() -> None:
    """They are looked at before the campaign's row is locked: for a million recipients that takes long."""
    players(4)
    campaign = issued()
    with CaptureQueriesContext(connection) as captured:
        ensure_snapshot(campaign)
    words = [query["sql"].split(" SET ")[0] for query in captured.captured_queries]
    last = max(number for number, word in enumerate(words) if word == 'UPDATE "campaigns_campaign"')
    assert "SET CONSTRAINTS ALL IMMEDIATE" in words[:last]
    assert not any(word.startswith("INSERT") for word in words[last:])
