"""SIGKILL at every failpoint a deliverer passes. They are read from the source, so a new one is played too."""

import re
from functools import partial
from pathlib import Path

from scripts.faults import invariants
from scripts.faults.base import Run, Violated
from scripts.faults.child import ROOT
from scripts.faults.receivers import RECEIVERS
from scripts.faults.sink_play import finish, grants_of_three_batches, killed
from scripts.faults.world import World

SOURCES = ("integrations/outbox", "integrations/sinks")
COMMON = "outbox"
"""Failpoints of the deliverer itself, which every sink's comes by."""
FAILPOINT = re.compile(r'failpoint\(\s*f?"([^"]+)"')
PASSES = ("", ":2")


def failpoints() -> list[str]:
    files = sorted(file for folder in SOURCES for file in (ROOT / folder).glob("**/*.py"))
    return list(dict.fromkeys(name for file in files for name in FAILPOINT.findall(file.read_text())))


def sinks() -> list[str]:
    """Named in the registry, which is read and not imported: nothing of the product is loaded here."""
    text = Path(ROOT / "integrations/sinks/registry.py").read_text()
    return re.findall(r'^    "(\w+)": \w+\.from_settings,$', text, re.MULTILINE)


def kills(sink: str) -> list[Run]:
    own = [name for name in failpoints() if name.partition(".")[0] in (COMMON, sink)]
    return [Run(f"kill {sink} at {name}", partial(kill, sink=sink, failpoint=name)) for name in own]


def kill(world: World, *, sink: str, failpoint: str) -> dict[str, int]:
    """Once at the first pass, then its successor at the second; the third lives."""
    world.fresh(sink)
    grants = grants_of_three_batches(sink)
    world.events(grants=grants, each=3)
    for which in PASSES:
        killed(world, sink, failpoint + which)
    finish(world)
    return {"events": 3 * grants, "kills": len(PASSES), **invariants.settled(world)}


def all_are_played(_world: World) -> dict[str, int]:
    """A failpoint or a sink that no run knows of would look like one that holds."""
    found = failpoints()
    if strange := [name for name in found if name.partition(".")[0] not in (COMMON, *RECEIVERS)]:
        raise Violated(f"no run kills at {', '.join(strange)}")
    if unequal := set(sinks()) ^ set(RECEIVERS):
        raise Violated(f"of these there is a run but no sink, or a sink but no run: {', '.join(sorted(unequal))}")
    return {"failpoints": len(found), "sinks": len(RECEIVERS)}


RUNS = [Run("every failpoint of a sink is known", all_are_played)]
