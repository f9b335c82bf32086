"""Real workers for campaigns, and what they cost: memory as the system counts it, statements as they count them."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.queues import Queue
from scripts.bench.fanout_app import statements
from scripts.bench.world import FOLDER, World
from scripts.local_stack import MANAGE, Stack

SETTINGS = "scripts.bench.fanout_app.settings"
QUEUES = f"{Queue.FANOUT.value},{Queue.SWEEPS.value}"
KIB_A_MIB = 1024


@dataclass(frozen=True)
class Workers:
    stack: Stack
    counts: Path

    def statements(self) -> int:
        return statements.counted(self.counts)

    def peak(self) -> float:
        """MiB that the largest of their processes has had, resident, since it was started."""
        return max(map(_peak, self._processes())) / KIB_A_MIB

    def _processes(self) -> list[int]:
        """Those that carry out tasks, and the schedule's."""
        parents = [child.pid for child in self.stack.children.values()]
        children = [Path(f"/proc/{pid}/task/{pid}/children").read_text().split() for pid in parents]
        return [*parents, *(int(pid) for found in children for pid in found)]


@contextmanager
def running(world: World, *, processes: int, beat: bool = True) -> Iterator[Workers]:
    """A worker with so many processes; its start is nobody's turn."""
    name = f"worker-{secrets.token_hex(3)}"
    counts = FOLDER / "statements" / name
    counts.mkdir(parents=True)
    env = {**world.stack.env, "DJANGO_SETTINGS_MODULE": SETTINGS, statements.FOLDER: str(counts)}
    try:
        with Stack(FOLDER, env, web_port=0) as stack:
            command = ("worker", "--concurrency", str(processes), "--queues", QUEUES)
            stack.start(name, *MANAGE, *command, *(("--beat",) if beat else ()))
            yield Workers(stack, counts)
    finally:
        for path in counts.iterdir():
            path.unlink()
        counts.rmdir()
        (FOLDER / "logs" / f"{name}.log").unlink(missing_ok=True)


def _peak(pid: int) -> int:
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
