"""Nothing is promised while the platform that would have to be called is not to be called."""

from collections.abc import Iterable
from uuid import UUID

from bonuses.services.adapters import (
    AdapterCapabilityMissing,
    AdapterNotConfigured,
    Known,
    active_adapters,
    all_adapters,
    serving,
)
from integrations.platforms import gate


class PlatformResting(Exception):
    def __init__(self, wait: float) -> None:
        super().__init__(f"The platform's breaker is open for {wait:.1f} s.")
        self.wait = wait


def resting() -> dict[UUID, float]:
    """Seconds for which each adapter whose breaker is open is to be left alone; asked before the transaction."""
    waits = {known.adapter.pk: gate.wait(known.adapter.pk) for known in active_adapters()}
    return {adapter_id: wait for adapter_id, wait in waits.items() if wait}


def check_none_rests(waits: dict[UUID, float], origins: Iterable[str]) -> None:
    """Raises `PlatformResting` when players of these brands need one of them."""
    adapters = all_adapters()
    if longest := max((_wait(waits, adapters, origin) for origin in origins), default=0.0):
        raise PlatformResting(longest)


def _wait(waits: dict[UUID, float], adapters: list[Known], origin: str) -> float:
    try:
        return waits.get(serving(adapters, origin).adapter.pk, 0.0)
    except (AdapterCapabilityMissing, AdapterNotConfigured):
        return 0.0
