"""Charts as pictures for `<img>`: SVG without script and without anything from elsewhere.

What they show is always in a table beside them, too. Each has a form for light pages and one for dark ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pygal
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from pygal.style import Style

FONT = "system-ui, sans-serif"


@dataclass(frozen=True, slots=True)
class Colours:
    ink: str
    guide: str
    tones: dict[str, str]
    """Each stands out from the page by 3 : 1 at least."""


THEMES = {
    "light": Colours(
        "#333333", "#c4c8cc", {"live": "#1f6feb", "good": "#2e7d46", "quiet": "#6b7280", "bad": "#c0392b"}
    ),
    "dark": Colours("#eeeeee", "#4a4e52", {"live": "#6cb6ff", "good": "#4caf6d", "quiet": "#9aa0a8", "bad": "#e5675a"}),
}

# The picture holds its own style sheet; nothing else may be in it.
_policy: Any = csp_replace({"style-src": ["'unsafe-inline'"], "script-src": ["'none'"]})
View = TypeVar("View", bound=Callable[..., HttpResponse])


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    tone: str
    """One of those in `Colours.tones`."""
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Size:
    width: int = 560
    height: int = 300
    labels: int = 7
    """Of those below a chart, so many are written out."""


SMALL = Size()


def picture_policy(view: View) -> View:
    """For the view of a picture."""
    allowed: View = _policy(view)
    return allowed


def theme_of(request: HttpRequest) -> str:
    """As the address names it. Raises `Http404` for one that there is not."""
    theme = request.GET.get("theme", "light")
    if theme not in THEMES:
        raise Http404
    return theme


def picture(drawn: bytes, **headers: str) -> HttpResponse:
    return HttpResponse(drawn, content_type="image/svg+xml", headers=headers)


def plain(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def bars(
    *,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    theme: str = "light",
    size: Size = SMALL,
    is_stacked: bool = False,
    write: Callable[[float], str] = plain,
    empty: str = "Nothing yet",
) -> bytes:
    """One bar, or one stack of them, for each label."""
    kind = pygal.StackedBar if is_stacked else pygal.Bar
    every = -(-len(labels) // size.labels) or 1
    chart = kind(
        style=_style(THEMES[theme], series),
        width=size.width,
        height=size.height,
        explicit_size=True,
        margin=8,
        js=(),
        no_prefix=True,
        legend_at_bottom=True,
        # The library leaves room for whole rows: of four the names would run into each other, or the last one be cut.
        legend_at_bottom_columns=2 if len(series) > 3 else len(series),
        truncate_label=-1,
        truncate_legend=-1,
        x_labels_major_every=every,
        show_minor_x_labels=every == 1,
        min_scale=2,
        max_scale=6,
        include_x_axis=True,
        no_data_text=empty,
        value_formatter=write,
    )
    chart.x_labels = list(labels)
    for one in series:
        chart.add(one.name, list(one.values))
    chart.add_xml_filter(lambda root: _picture(root, title))
    drawn: bytes = chart.render()
    return drawn


def _style(colours: Colours, series: Sequence[Series]) -> Any:
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground=colours.ink,
        foreground_strong=colours.ink,
        foreground_subtle=colours.ink,
        guide_stroke_color=colours.guide,
        major_guide_stroke_color=colours.guide,
        opacity="1",
        font_family=FONT,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=13,
        no_data_font_size=20,
        colors=tuple(colours.tones[one.tone] for one in series),
    )


def _picture(root: Any, title: str) -> Any:
    """Takes out what only a page of its own would use: scripts, and the remarks about where it comes from."""
    for remark in [node for node in root if not isinstance(node.tag, str)]:
        root.remove(remark)
    for definitions in root.iter("defs"):
        for script in definitions.findall("script"):
            definitions.remove(script)
    root.find("title").text = title
    return root
