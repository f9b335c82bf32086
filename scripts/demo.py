"""`make demo`: bonuses live and die on this machine, and the books are compared at the end.

Everything is real but the casino: web, worker, schedule, signed webhooks both ways, and a platform that misbehaves a
little. It has a database of its own under `var/demo/` and touches no other.
"""

import os
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import urllib3
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from integrations.simulator.remote import Remote
from scripts.demo_campaign import give_to_segment
from scripts.demo_report import open_work, report
from scripts.local_stack import ROOT, ChildDied, Stack, free_port, local_environment

FOLDER = ROOT / "var" / "demo"
PLAYERS = 300
FIRST_PLAYERS = 200
"""Those who are given bonuses one by one; the campaign is for all."""
SECOND_BONUSES = 20
CALLERS = 4
LIFE_SECONDS = 2.0
DEADLINE = 60.0
"""Seconds in which at least something must get done, however slow the machine."""
OUTAGE_SECONDS = 1.0
NEEDS_DEPOSIT = frozenset({"deposit_match", "reload"})


@dataclass(frozen=True)
class Wanted:
    template: dict[str, Any]
    player: dict[str, Any]
    deposit: int


class ApiRefused(RuntimeError):
    """With what the API said."""


class Api:
    """The v1 API, called as another server would."""

    def __init__(self, stack: Stack) -> None:
        self._base = stack.web_url
        self._headers = {"X-Internal-Secret": stack.secret}
        self._http = urllib3.PoolManager(retries=False, timeout=30, maxsize=CALLERS)

    def all_of(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            fields = {"limit": "200", "cursor": cursor}
            page = self._http.request("GET", self._base + path, fields=fields, headers=self._headers).json()
            rows += page["data"]
            cursor = page["meta"]["next_cursor"]
            if not cursor:
                return rows

    def get(self, path: str) -> dict[str, Any]:
        return self._data(self._http.request("GET", self._base + path, headers=self._headers))

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._data(self._http.request("POST", self._base + path, json=body or {}, headers=self._headers))

    def issue(self, wanted: Wanted) -> str:
        """`201`, or the code of the error."""
        body = {
            "template_id": wanted.template["id"],
            "player_id": wanted.player["id"],
            "granted_by_kind": "api",
            "deposit_amount": wanted.deposit if wanted.template["type"] in NEEDS_DEPOSIT else None,
            "currency_override": wanted.player["currency"],
        }
        answer = self._http.request("POST", f"{self._base}/v1/bonus-grants", json=body, headers=self._headers)
        return "201" if answer.status == 201 else str(answer.json()["error"]["code"])

    def _data(self, answer: urllib3.BaseHTTPResponse) -> dict[str, Any]:
        """Raises `ApiRefused`."""
        if answer.status >= 300:
            raise ApiRefused(f"{answer.status}: {answer.data.decode()}")
        data: dict[str, Any] = answer.json()["data"]
        return data


def main() -> int:
    console = Console()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    env = local_environment(FOLDER)
    os.environ.update(env)
    django.setup()
    began = time.monotonic()
    with Stack(FOLDER, env, web_port=free_port()) as stack:
        platform = _start(stack, console)
        api = Api(stack)
        answers = _issue_all(api, platform, console)
        console.print("answers: " + ", ".join(f"{code} × {n}" for code, n in sorted(answers.items())))
        give_to_segment(api, stack, console, _bar(console))
        _live_on(stack, platform, console)
        ok = report(console, platform=platform, events=Path(env["EVENT_FILE"]))
    console.print(f"{time.monotonic() - began:.0f} s; everything is kept in {FOLDER.relative_to(ROOT)}/")
    return 0 if ok else 1


def _start(stack: Stack, console: Console) -> Remote:
    console.print("A fresh database, rates, templates, players …")
    stack.manage("migrate", "--verbosity", "0")
    stack.start_web()
    stack.start_worker()
    stack.manage("seed_demo", "--players", str(PLAYERS))
    platform = stack.start_platform(life_seconds=LIFE_SECONDS)
    stack.wait_for_web()
    return platform


def _issue_all(api: Api, platform: Remote, console: Console) -> Counter[str]:
    """Issue singly, over HTTP, while the platform has a slow tail, refuses some, and is gone for a moment."""
    players = sorted(api.all_of("/v1/players"), key=lambda player: str(player["external_id"]))
    wanted = list(_wishes(api.all_of("/v1/bonus-templates"), players[:FIRST_PLAYERS]))
    trouble = {"latency_ms": 10, "latency_tail_ms": 400, "latency_tail_share": 0.03, "webhook_duplicate_rate": 0.05}
    refused = {wish.player["external_id"]: {"code": "PLAYER_BLOCKED"} for wish in wanted[::40]}
    platform.put_faults(**trouble, refused_players=refused, rules=[{"kind": "drop", "rate": 0.02}])
    answers: Counter[str] = Counter()
    with _bar(console) as bar, ThreadPoolExecutor(CALLERS) as callers:
        task = bar.add_task("issuing", total=len(wanted))
        for number, answer in enumerate(callers.map(api.issue, wanted)):
            answers[answer] += 1
            bar.advance(task)
            if number == len(wanted) // 2:
                platform.put_faults(**trouble, refused_players=refused, outage={"seconds": OUTAGE_SECONDS})
    return answers


def _wishes(templates: list[dict[str, Any]], players: list[dict[str, Any]]) -> Iterable[Wanted]:
    """Every player gets one bonus, some a second one of another type; the same each time."""
    chance = random.Random(7)  # noqa: S311  sample data
    by_name = sorted(templates, key=lambda template: template["name"])
    for number, player in enumerate(players):
        unit = 1 if player["currency"] == "JPY" else 100
        picks = 2 if number < SECOND_BONUSES else 1
        for pick in range(picks):
            yield Wanted(by_name[(number + pick) % len(by_name)], player, chance.randrange(10, 300) * unit)


def _live_on(stack: Stack, platform: Remote, console: Console) -> None:
    """Wait until the platform has played every life, nothing is queued and every event is delivered."""
    until, before = time.monotonic() + DEADLINE, None
    with _bar(console) as bar:
        task = bar.add_task("living", total=None)
        while time.monotonic() < until:
            stack.check_alive()
            work = open_work()
            if work != before:
                until, before = time.monotonic() + DEADLINE, work
            bar.update(task, total=work.all, completed=work.all - work.left, description=f"living ({work})")
            if not work.left and platform.settle(1.0) and not (open_work().left or open_work().unsent):
                return
            time.sleep(0.3)
    raise ChildDied(f"For {DEADLINE:.0f} s nothing has moved, and there is still work: {open_work()}")


def _bar(console: Console) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console)


if __name__ == "__main__":
    sys.exit(main())
