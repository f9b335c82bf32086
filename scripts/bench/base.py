from dataclasses import dataclass


class BenchFailed(Exception):
    """It could not be measured; the message says why."""


@dataclass(frozen=True)
class Sizes:
    """How much of everything: bounded, so that a run ends in minutes on a small machine."""

    rounds: int = 3
    warm_up: int = 80
    grants: int = 1_000
    webhooks: int = 2_000
    pgbench: int = 5_000
    """Transactions a client."""
    asked: int = 160
    """Requests of one turn, where there are several a round."""
    listed: int = 1_000_000
    pages: int = 60
    events: int = 100_000
    one_by_one: int = 5_000
    """Events whose confirms are awaited one by one."""
    backlogs: tuple[int, int] = (10_000, 1_000_000)
    """Pending events while memory is looked at."""
    steady: int = 2_000
    """Events, at a hundred a second, whose way to the broker is timed."""
    recipients: int = 1_000_000
    """Of a campaign whose snapshot is taken, and whose counts are asked for."""
    promised: int = 50_000
    fanned_out: int = 20_000
    far: int = 10_000
    """Recipients whose platform is a tenth of a second away."""
    tasks: int = 1_000
    """Players with a task each."""
    audiences: tuple[int, int] = (10_000, 100_000)
    """Of two campaigns, while a worker's memory is looked at."""
    million: tuple[int, int] = (10_000, 1_000_000)
    """The same, when it is asked for."""
    desk: tuple[int, int] = (1_000, 1_000_000)
    """Grants, players and recipients while the pages of the admin are looked at."""
    looks: int = 7
    """At each of them."""
    is_quick: bool = False


QUICK = Sizes(
    rounds=2,
    warm_up=8,
    grants=16,
    webhooks=16,
    pgbench=20,
    asked=8,
    listed=2_000,
    pages=3,
    events=300,
    one_by_one=50,
    backlogs=(100, 2_000),
    steady=50,
    recipients=2_000,
    promised=60,
    fanned_out=40,
    far=40,
    tasks=8,
    audiences=(20, 60),
    million=(20, 1_200),
    desk=(50, 200),
    looks=1,
    is_quick=True,
)
"""For seeing that it runs; the figures mean nothing."""

CONNECTIONS = 8
WORKERS, THREADS = 2, 1
