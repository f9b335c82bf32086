"""Kills on the way from a request to its last event: at every failpoint, with whole lives being played."""

from contextlib import closing

from scripts.faults.base import Run
from scripts.faults.life import Life
from scripts.faults.life_invariants import lived
from scripts.faults.world import World

WHEN_ISSUING = (
    "key.claimed",
    "issue.promised",
    "credit.claimed",
    "credit.answered",
    "key.finishing",
    "webhook.applied",
)
WHEN_CANCELLING = ("finish.claimed", "finish.answered")
WHEN_DELIVERING = ("outbox.before_send", "outbox.after_send", "outbox.after_settle")
GRANTS = 4


def killed_when_issuing(life: Life, failpoint: str) -> None:
    doomed = life.arm(life.web, failpoint)
    life.issue(GRANTS)
    life.wait_for_death(life.web, doomed, failpoint)


def killed_when_cancelling(life: Life, failpoint: str) -> None:
    """Of bonuses that do nothing by themselves, so that they are there to be cancelled."""
    life.platform.change_settings(lives=False)
    keys = life.issue(GRANTS)
    life.join()
    doomed = life.arm(life.web, failpoint)
    life.cancel(life.caller.answers[key]["id"] for key in keys)
    life.wait_for_death(life.web, doomed, failpoint)
    life.platform.change_settings(lives=True)


def killed_when_delivering(life: Life, failpoint: str) -> None:
    doomed = life.arm(life.worker, failpoint)
    life.issue(GRANTS)
    life.wait_for_death(life.worker, doomed, failpoint)


def killed_at_every_failpoint(world: World) -> dict[str, int]:
    kills = {
        **dict.fromkeys(WHEN_ISSUING, killed_when_issuing),
        **dict.fromkeys(WHEN_CANCELLING, killed_when_cancelling),
        **dict.fromkeys(WHEN_DELIVERING, killed_when_delivering),
    }
    with closing(Life(world)) as life:
        for failpoint, kill in kills.items():
            kill(life, failpoint)
            # What the dead held is free, as it would be after half a minute; the living go on.
            life.pass_time()
        life.settle()
        return {"kills": len(kills), **lived(life)}


RUNS = [Run("life: killed at every failpoint", killed_at_every_failpoint)]
