from typing import Any

from django import template

from bonusdesk.desk import page

register = template.Library()


@register.simple_tag(takes_context=True)
def front_page(context: dict[str, Any]) -> dict[str, Any]:
    """What the first page of the admin shows above the list of all the others."""
    return page.front_page(context["request"])
