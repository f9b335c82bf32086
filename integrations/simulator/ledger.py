"""The wallet's book: entries are only ever added, so a double credit stays visible."""

import time
from collections import Counter, defaultdict
from typing import Any, Literal, NamedTuple

GRANT = "grant"
"""The reason of the entry that gives a bonus. Two of them for one grant are a double credit."""

Account = Literal["bonus", "real"]


class Entry(NamedTuple):
    seq: int
    at: float
    grant_id: str
    platform_bonus_id: str
    player: str
    account: Account
    amount: int
    """In minor units; below zero for a debit."""
    currency: str
    reason: str

    def shown(self) -> dict[str, Any]:
        return {**self._asdict(), "amount": abs(self.amount), "kind": "credit" if self.amount >= 0 else "debit"}


class Ledger:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.credits: Counter[str] = Counter()
        self._balances: defaultdict[str, int] = defaultdict(int)

    def add(
        self,
        grant_id: str,
        platform_bonus_id: str,
        player: str,
        amount: int,
        currency: str,
        *,
        reason: str,
        account: Account = "bonus",
    ) -> None:
        self.entries.append(
            Entry(
                len(self.entries) + 1,
                time.time(),
                grant_id,
                platform_bonus_id,
                player,
                account,
                amount,
                currency,
                reason,
            )
        )
        if reason == GRANT:
            self.credits[grant_id] += 1
        if account == "bonus":
            self._balances[grant_id] += amount

    def balance(self, grant_id: str) -> int:
        """What is on the bonus account from this grant."""
        return self._balances.get(grant_id, 0)

    def totals(self) -> dict[str, dict[str, dict[str, int]]]:
        """Credits and debits by currency and account."""
        totals: dict[str, dict[str, dict[str, int]]] = {}
        for entry in self.entries:
            account = totals.setdefault(entry.currency, {}).setdefault(entry.account, {"credit": 0, "debit": 0})
            account["credit" if entry.amount >= 0 else "debit"] += abs(entry.amount)
        return totals

    def of_grant(self, grant_id: str) -> dict[str, Any]:
        return {
            "grant_id": grant_id,
            "credits": self.credits.get(grant_id, 0),
            "balance": self.balance(grant_id),
            "entries": [entry.shown() for entry in self.entries if entry.grant_id == grant_id],
        }

    def summary(self, *, after: int, limit: int) -> dict[str, Any]:
        return {
            "grants_credited": len(self.credits),
            "credits": self.credits.total(),
            "double_credits": {grant_id: times for grant_id, times in self.credits.items() if times > 1},
            "totals": self.totals(),
            "entries": [entry.shown() for entry in self.entries[after : after + limit]],
        }
