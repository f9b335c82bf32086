"""The other end of `/control/…`, for tests and the demo: in this process or in another, it is asked the same way."""

from typing import Any

import urllib3


class ControlTrouble(Exception):
    """The simulator did not like what it was asked."""


class Remote:
    """Speaks to a running simulator."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = urllib3.PoolManager(retries=False)

    def put_faults(self, **faults: Any) -> dict[str, Any]:
        """Replaces all faults: `put_faults(error_rate=0.1, rules=[{"kind": "drop", "count": 1}])`."""
        return self._ask("PUT", "/faults", faults)

    def add_fault(self, kind: str, **rule: Any) -> dict[str, Any]:
        """One more rule: `add_fault("drop", count=1, grant_id=…)`."""
        return self._ask("POST", "/faults", {"kind": kind, **rule})

    def clear_faults(self) -> None:
        self._ask("DELETE", "/faults")

    def change_settings(self, **settings: Any) -> None:
        self._ask("PUT", "/settings", settings)

    def state(self) -> dict[str, Any]:
        return self._ask("GET", "/state")

    def ledger(self, *, after: int = 0, limit: int = 1000) -> dict[str, Any]:
        return self._ask("GET", f"/ledger?after={after}&limit={limit}")

    def ledger_of(self, grant_id: object) -> dict[str, Any]:
        return self._ask("GET", f"/ledger?grant_id={grant_id}")

    def credits(self, grant_id: object) -> int:
        """How often the wallet was credited for this grant. More than 1 is a double credit."""
        return int(self.ledger_of(grant_id)["credits"])

    def grant(self, grant_id: object) -> dict[str, Any]:
        return self._ask("GET", f"/grants/{grant_id}")

    def send(self, *events: dict[str, Any], apply: bool = True) -> list[dict[str, Any]]:
        """Deliver these now, once each; the answers: `[{"event_id", "status", "body"}]`."""
        answer = self._ask("POST", "/webhooks", {"events": list(events), "apply": apply})
        replies: list[dict[str, Any]] = answer["replies"]
        return replies

    def enqueue(self, *events: dict[str, Any], apply: bool = True) -> None:
        """Have these delivered as the platform's own are: with retries, and with the webhook faults in force."""
        self._ask("POST", "/webhooks", {"events": list(events), "apply": apply, "wait": False})

    def settle(self, timeout_seconds: float = 30.0) -> bool:
        """Wait until nothing moves any more; False when it still did at the end of the time."""
        return bool(self._ask("POST", "/settle", {"timeout_seconds": timeout_seconds})["settled"])

    def close(self) -> None:
        self._http.clear()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._http.request(method, f"{self.url}/control{path}", json=body, timeout=urllib3.Timeout(total=600))
        if answer.status != 200:
            raise ControlTrouble(f"{method} {path}: {answer.status} {answer.data.decode(errors='replace')}")
        read: dict[str, Any] = answer.json()
        return read
