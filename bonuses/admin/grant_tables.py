"""The lists on a grant's page besides its timeline."""

from bonuses.models import Drift, Grant
from integrations.admin.common import Table, link, when


def grant_tables(grant: Grant) -> list[Table]:
    """Where the platform and we disagree; nothing at all where we do not."""
    drifts = list(Drift.objects.filter(grant=grant))
    if not drifts:
        return []
    rows = ((link(d, d.kind), d.ours, d.theirs, when(d.seen_at), when(d.resolved_at)) for d in drifts)
    return [Table("Drift", ("Kind", "Ours", "Theirs", "Seen", "Resolved"), rows)]
