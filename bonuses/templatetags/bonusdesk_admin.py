from typing import Any

from django import template

from bonuses.models import Stop

register = template.Library()

STOPS_NAMED = 5


@register.inclusion_tag("admin/bonusdesk/stop_banner.html", takes_context=True)
def stop_banner(context: dict[str, Any]) -> dict[str, Any]:
    """The kill switches that are on, for whoever is signed in: one query."""
    if not context.get("has_permission"):
        return {"stops": []}
    return {"stops": list(Stop.objects.all()[:STOPS_NAMED])}
