"""Which platform serves a player: the one that names his brand, else the default."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from bonuses.models.stop import stops_of
from integrations.errors import DomainError
from integrations.models import Adapter


class AdapterNotConfigured(DomainError):
    code = "ADAPTER_NOT_CONFIGURED"


class AdapterCapabilityMissing(DomainError):
    code = "ADAPTER_CAPABILITY_MISSING"

    def __init__(self, adapter: Adapter, capability: str) -> None:
        super().__init__(
            f"The platform {adapter.slug} can't do this: it lacks the capability {capability!r}.",
            adapter=adapter.slug,
            capability=capability,
        )


class AdapterPaused(DomainError):
    """For many players it is worth waiting until the platform is switched on again."""

    code = "ADAPTER_PAUSED"

    def __init__(self, adapter: Adapter) -> None:
        super().__init__(f"The platform {adapter.slug} is switched off.", adapter=adapter.slug)


@dataclass(frozen=True, slots=True)
class Known:
    adapter: Adapter
    is_stopped: bool
    """By the kill switch."""


def active_adapters() -> list[Known]:
    """In the order in which they are asked for a brand."""
    return [known for known in all_adapters() if known.adapter.is_active]


def all_adapters() -> list[Known]:
    """The same with those that are switched off: such a one still keeps its brands from the default."""
    stopped = Exists(stops_of(adapter=OuterRef("pk")))
    adapters = Adapter.objects.annotate(is_stopped=stopped).order_by("is_default", "-is_active", "slug")
    return [Known(adapter, adapter.is_stopped) for adapter in adapters]


def serving(adapters: Iterable[Known], origin: str) -> Known:
    """The first that serves the brand. Raises `AdapterNotConfigured`, `AdapterCapabilityMissing`."""
    for known in adapters:
        adapter = known.adapter
        if origin in adapter.origins or adapter.is_default:
            if not adapter.can("issue"):
                raise AdapterCapabilityMissing(adapter, "issue")
            return known
    raise AdapterNotConfigured(f"No platform serves the brand {origin!r}, and none is the default.", origin=origin)
