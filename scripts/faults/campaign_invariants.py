"""What must be true of campaigns after whatever happened: nobody is forgotten, nobody gets two, and all numbers agree.

From the outside: SQL, the API, the platform's ledger over HTTP, and what came out of the sinks.
"""

from collections import Counter

from scripts.faults import invariants
from scripts.faults.base import Violated
from scripts.faults.campaign import CampaignLife
from scripts.faults.campaign_eyes import OUTCOMES, add_up
from scripts.faults.life_invariants import applied_once, as_told, credited_once, one_event_per_change, told_of

UNFINISHED = "SELECT id::text, status, status_reason FROM campaigns_campaign WHERE finished_at IS NULL"
RECIPIENTS = "SELECT player_id::text FROM campaigns_recipient WHERE campaign_id = %s"
TWICE = """
SELECT campaign_id::text, player_id::text, count(*) FROM bonuses_grant
WHERE campaign_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
"""
# Nothing is cancelled by these runs, so that of what was not refused everything counts.
OVER_THE_LIMIT = """
SELECT player_id::text, template_id::text, count(*) FROM bonuses_grant
JOIN bonuses_bonustemplate template ON template.id = template_id
WHERE template.name <> 'unlimited' AND bonuses_grant.status <> 'failed' GROUP BY 1, 2 HAVING count(*) > 1
"""
# Each grant of a campaign has its recipient, and each recipient is what his grant says.
DISAGREEING = """
SELECT recipient.campaign_id::text, recipient.number, recipient.status, recipient.reason, made.id::text, made.status
FROM campaigns_recipient recipient
FULL JOIN (SELECT * FROM bonuses_grant WHERE campaign_id IS NOT NULL) made ON made.id = recipient.grant_id
WHERE recipient.id IS NULL
    OR (made.campaign_id, made.player_id) IS DISTINCT FROM
       (CASE WHEN made.id IS NOT NULL THEN recipient.campaign_id END,
        CASE WHEN made.id IS NOT NULL THEN recipient.player_id END)
    OR recipient.status <> CASE
        WHEN made.id IS NULL AND recipient.grant_id IS NULL THEN 'skipped'
        WHEN made.id IS NULL THEN 'its grant is not there'
        WHEN made.status = 'queued' THEN 'pending'
        WHEN made.status = 'failed' AND made.attempted_at IS NULL THEN 'skipped'
        WHEN made.status = 'failed' THEN 'failed'
        WHEN made.status = 'cancelled' AND made.activated_at IS NULL AND made.platform_bonus_id = '' THEN 'skipped'
        ELSE 'granted' END
    OR (recipient.status IN ('skipped', 'failed')) <> (recipient.reason <> '')
"""


def ended(life: CampaignLife) -> dict[str, int]:
    """All that holds once every campaign is over. Counts what there was, and `duplicates_<sink>` for each sink."""
    world = life.world
    all_finished(life)
    nobody_forgotten(life)
    at_most_one_each(life)
    add_up(world.sql)
    told = as_the_api_says(life)
    credited = credited_once(world, life.platform)
    same_order_again(life)
    applied_once(world)
    duplicates = told_once(life)
    return {"recipients": told.total(), **told, "credits": credited, "looks": life.eyes.looks, **duplicates}


def all_served(life: CampaignLife) -> dict[str, int]:
    """Where nothing was cancelled: and everybody who may have the bonus, and whom the platform wants, has got it."""
    counted = ended(life)
    wanted = {"skipped": life.blocked, "failed": len(life.refused)}
    if (told := {name: counted.get(name, 0) for name in wanted}) != wanted:
        raise Violated(f"{told} of {counted['recipients']} got nothing, and it should have been {wanted}")
    return counted


def all_finished(life: CampaignLife) -> None:
    if unfinished := life.world.sql(UNFINISHED):
        raise Violated(f"{len(unfinished)} campaigns are not over: {unfinished[:3]}")


def nobody_forgotten(life: CampaignLife) -> None:
    """Each player of the segment is a recipient, once; and agrees with his grant, or with his having none."""
    for campaign, players in life.audiences.items():
        there = [player for (player,) in life.world.sql(RECIPIENTS, campaign)]
        if sorted(there) != sorted(players):
            raise Violated(f"{len(there)} recipients, for {len(players)} players of the segment")
    if wrong := life.world.sql(DISAGREEING):
        raise Violated(f"{len(wrong)} recipients and grants do not agree: {wrong[:3]}")


def at_most_one_each(life: CampaignLife) -> None:
    if twice := life.world.sql(TWICE):
        raise Violated(f"{len(twice)} players have several grants of one campaign: {twice[:3]}")
    if over := life.world.sql(OVER_THE_LIMIT):
        raise Violated(f"{len(over)} players have several grants of what each may have once: {over[:3]}")


def as_the_api_says(life: CampaignLife) -> Counter[str]:
    """The four numbers of each campaign are a fresh count; all campaigns' together."""
    total: Counter[str] = Counter()
    for campaign, players in life.audiences.items():
        said = life.api.get(f"/bonus-campaigns/{campaign}")["stats"]
        rows = life.world.sql(
            "SELECT status, count(*) FROM campaigns_recipient WHERE campaign_id = %s GROUP BY 1", campaign
        )
        fresh = {**dict.fromkeys(OUTCOMES, 0), **dict(rows)}
        if said != fresh or sum(fresh.values()) != len(players) or fresh["pending"]:
            raise Violated(f"the API says {said}; there are {fresh}, of {len(players)}")
        total.update(fresh)
    del total["pending"]
    return total


def same_order_again(life: CampaignLife) -> None:
    """Whoever asked, and however often: for one grant the platform got the same bytes."""
    if others := life.platform.state()["repeats"]["with_other_bytes"]:
        raise Violated(f"the platform was asked {others} times again for a grant with another body")


def told_once(life: CampaignLife) -> dict[str, int]:
    """One event a change, and of each grant that was ever active exactly one Created."""
    world = life.world
    changes = list(told_of(world))
    one_event_per_change(world, changes)
    created = Counter(grant for grant, status in changes if status == "Created")
    active = {grant for (grant,) in world.sql("SELECT id::text FROM bonuses_grant WHERE activated_at IS NOT NULL")}
    if created != Counter(active):
        raise Violated(f"{len(active)} grants were active, and {created.total()} are told of as Created")
    duplicates = invariants.settled(world)
    for sink in world.sinks:
        as_told(sink, changes, world.seen(sink))
    return duplicates
