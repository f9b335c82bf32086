"""The demo's campaign: a bonus for a segment, made, previewed, issued and watched over the API."""

import time
from collections import Counter
from typing import Any, Protocol

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from scripts.local_stack import ChildDied, Stack

BONUS = "Ten on the house"
HOLDOUT_PERCENT = 10
RULES = {
    "any": [
        {"field": "attributes.vip_level", "op": "in", "value": ["silver", "gold"]},
        {"field": "total_deposited", "op": "gte", "value": 60_000},
    ]
}
DEADLINE = 60.0
"""Seconds in which somebody's outcome must become known, however slow the machine."""
LOOK_SECONDS = 0.2


class Caller(Protocol):
    def all_of(self, path: str) -> list[dict[str, Any]]: ...
    def get(self, path: str) -> dict[str, Any]: ...
    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]: ...


def give_to_segment(api: Caller, stack: Stack, console: Console, bar: Progress) -> None:
    """Returns when the campaign has been issued to everybody. Raises `ChildDied` when that takes too long."""
    segment = api.post("/v1/segments", {"name": "VIPs and big depositors", "rules": RULES})
    (template,) = (found for found in api.all_of("/v1/bonus-templates") if found["name"] == BONUS)
    campaign = api.post(
        "/v1/bonus-campaigns",
        {
            "name": "Thank you",
            "segment_id": segment["id"],
            "template_id": template["id"],
            "holdout_percent": HOLDOUT_PERCENT,
        },
    )
    path = f"/v1/bonus-campaigns/{campaign['id']}"
    console.print(_expected(api.post(f"{path}/preview")))
    api.post(f"{path}/issue")
    ended = _watch(api, path, stack, bar)
    reasons = Counter(row["reason"] for row in api.all_of(f"{path}/recipients") if row["reason"])
    console.print(_outcome(ended, reasons))


def _watch(api: Caller, path: str, stack: Stack, bar: Progress) -> dict[str, Any]:
    until, before = time.monotonic() + DEADLINE, None
    with bar:
        task = bar.add_task("campaign", total=None)
        while (campaign := api.get(path))["status"] != "issued":
            stats = campaign["stats"]
            if stats != before:
                until, before = time.monotonic() + DEADLINE, stats
            told = f"campaign ({', '.join(f'{count} {name}' for name, count in stats.items())})"
            all_ = sum(stats.values())
            bar.update(task, total=all_ or None, completed=all_ - stats["pending"], description=told)
            stack.check_alive()
            if time.monotonic() > until or campaign["status"] != "issuing":
                raise ChildDied(f"The campaign is {campaign['status']} ({campaign['status_reason']}): {stats}")
            time.sleep(LOOK_SECONDS)
        everybody = sum(campaign["stats"].values())
        bar.update(task, total=everybody, completed=everybody, description="campaign")
    return campaign


def _expected(preview: dict[str, Any]) -> str:
    left_out = ", ".join(f"{reason} × {count}" for reason, count in sorted(preview["exclusions"].items())) or "nobody"
    cost = f"{preview['expected_cost'] / 100:,.2f} {preview['currency']}"
    return f"preview: audience {preview['audience']}, left out: {left_out}; expected cost {cost}"


def _outcome(campaign: dict[str, Any], reasons: Counter[str]) -> Table:
    table = Table("", "count", title="The campaign's audience")
    for name, count in campaign["stats"].items():
        table.add_row(name, str(count))
    for reason, count in sorted(reasons.items()):
        table.add_row(f"  {reason}", str(count), style="dim")
    table.add_section()
    table.add_row("held out", str(campaign["holdout_count"]))
    return table
