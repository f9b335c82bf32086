"""The demo's books: grants here, money at the platform, events in the file. They must agree."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from django.apps import apps
from django.db.models import Q
from rich.console import Console
from rich.table import Table

from integrations.simulator.remote import Remote
from scripts.event_of import EVENT_OF


@dataclass(frozen=True)
class Work:
    """What is not over yet."""

    all: int
    queued: int
    ending: int
    alive: int
    unsent: int

    @property
    def left(self) -> int:
        return self.queued + self.ending + self.alive

    def __str__(self) -> str:
        return f"{self.queued} queued, {self.ending} being ended, {self.alive} alive, {self.unsent} events unsent"


def open_work() -> Work:
    grants, events = apps.get_model("bonuses.Grant").objects, apps.get_model("integrations.OutgoingEvent").objects
    live = grants.live()
    return Work(
        all=grants.count(),
        queued=live.filter(status="queued").count(),
        ending=live.exclude(status="queued").exclude(wish="").count(),
        alive=live.exclude(status="queued").filter(wish="").count(),
        unsent=events.filter(delivered_at__isnull=True).count(),
    )


def report(console: Console, *, platform: Remote, events: Path) -> bool:
    """Print the tables; whether grants, ledger and events agree."""
    lines = [orjson.loads(line) for line in events.read_bytes().splitlines()] if events.exists() else []
    grants = list(apps.get_model("bonuses.Grant").objects.select_related("template"))
    console.print(_table("Grants by state", Counter(grant.status for grant in grants)))
    console.print(_table("Events by status", Counter(_status(line) for line in lines)))
    problems = [*_ledger_problems(grants, platform), *_event_problems(grants, lines)]
    for problem in problems:
        console.print(f"[red]✗ {problem}")
    if not problems:
        credited = sum(1 for grant in grants if grant.activated_at)
        console.print(f"[green]✓ {credited} grants, credited once each; {len(lines)} events, one for each change")
    return not problems


def _table(title: str, counts: Counter[str]) -> Table:
    table = Table("", "count", title=title)
    for name, count in sorted(counts.items()):
        table.add_row(name, str(count))
    table.add_section()
    table.add_row("all", str(counts.total()))
    return table


def _status(line: dict[str, Any]) -> str:
    payload = line["payload"]
    return str(payload.get("status") or f"custom: {payload['notification_type']}")


def _ledger_problems(grants: list[Any], platform: Remote) -> Iterator[str]:
    for grant in grants:
        # One that was never claimed by the player has been promised, not credited.
        found, expected = platform.credits(grant.pk), int(grant.activated_at is not None)
        if found != expected:
            yield f"grant {grant.pk} is {grant.status} and was credited {found} times, not {expected}"


def _event_problems(grants: list[Any], lines: list[dict[str, Any]]) -> Iterator[str]:
    ids = Counter(line["event_id"] for line in lines)
    yield from (f"event {event_id} was written {n} times" for event_id, n in ids.items() if n > 1)
    made = apps.get_model("integrations.OutgoingEvent").objects.filter(~Q(delivered_at=None)).count()
    if made != len(ids):
        yield f"{made} events were delivered, {len(ids)} are in the file"
    seen: dict[str, Counter[str]] = {}
    for line in lines:
        payload = line["payload"]
        if line["type"] == "BONUS" and payload["status"] != "Ongoing":
            seen.setdefault(payload["user_bonus_id"], Counter())[payload["status"]] += 1
    for grant in grants:
        expected, found = _expected(grant), seen.get(str(grant.pk), Counter())
        if expected != found:
            yield f"grant {grant.pk} should have made {dict(expected)}, made {dict(found)}"


def _expected(grant: Any) -> Counter[str]:
    """One event for each change of status; free spins speak only once their rounds are over."""
    changes = [t.to_status for t in grant.transitions.order_by("seq") if t.from_status]
    if changes and changes[0] in ("cancelled", "failed"):
        return Counter()
    if grant.template.type != "free_spins":
        return Counter(EVENT_OF[status] for status in changes)
    if grant.spins_completed_at is None:
        return Counter()
    after = [status for status in changes if status not in ("pending", "active")]
    return Counter(["Created", *(EVENT_OF[status] for status in after)])
