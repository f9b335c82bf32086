from collections.abc import Iterable

from django.utils import timezone

from bonuses.models import Drift


def resolve_drift(*, drift_ids: Iterable[int], by: str) -> int:
    """Note that a person has dealt with these. Returns how many were still open."""
    open_ones = Drift.objects.filter(pk__in=list(drift_ids), resolved_at__isnull=True)
    return open_ones.update(resolved_at=timezone.now(), resolved_by=by[:200])
