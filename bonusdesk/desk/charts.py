"""The charts of the front page, each at an address of its own."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from bonusdesk.desk.figures import Overview, overview
from bonuses.money import major_number
from integrations.admin.charts import Series, bars, picture, picture_policy, theme_of


@picture_policy
def chart(request: HttpRequest, name: str) -> HttpResponse:
    if not request.user.has_perm("bonuses.view_grant"):
        raise PermissionDenied
    theme = theme_of(request)
    if name not in CHARTS:
        raise Http404
    return picture(CHARTS[name](overview(timezone.now()), theme))


def _grants(found: Overview, theme: str) -> bytes:
    series = [
        Series("live", "live", [day.live for _, day in found.days]),
        Series("completed", "good", [day.completed for _, day in found.days]),
        Series("ended otherwise", "quiet", [day.ended for _, day in found.days]),
        Series("failed", "bad", [day.failed for _, day in found.days]),
    ]
    return bars(title="Grants made, by day", labels=_labels(found), series=series, theme=theme, is_stacked=True)


def _cost(found: Overview, theme: str) -> bytes:
    series = [
        Series(f"face value, {settings.BASE_CURRENCY}", "live", [_major(day.cost) for _, day in found.days]),
        Series("turned real", "good", [_major(day.turned_real) for _, day in found.days]),
    ]
    return bars(title="Cost of grants, by day", labels=_labels(found), series=series, theme=theme)


def _labels(found: Overview) -> list[str]:
    return [f"{day.day} {day:%b}" for day, _ in found.days]


def _major(minor: int) -> float:
    return major_number(minor, settings.BASE_CURRENCY)


CHARTS: dict[str, Callable[[Overview, str], bytes]] = {"grants": _grants, "cost": _cost}
