"""Grants by day as a picture. It stands in the page as an image, where its own styles apply and scripts never run."""

from collections.abc import Mapping
from datetime import date

import pygal
from django.utils.formats import date_format
from pygal.style import Style

from campaigns.results import Result

GREY = "#757575"
"""Legible on white and on black: a picture does not know which theme the page has."""
STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground=GREY,
    foreground_strong=GREY,
    foreground_subtle=GREY,
    guide_stroke_color=GREY,
    major_guide_stroke_color=GREY,
    font_family="sans-serif",
    label_font_size=14,
    major_label_font_size=14,
    legend_font_size=14,
    no_data_font_size=20,
    opacity=".95",
    colors=("#4f93ce", "#3a9d5d"),
)


def chart_of(days: Mapping[date, Result]) -> bytes:
    chart = pygal.Bar(
        style=STYLE,
        # The library would load a script from elsewhere.
        js=(),
        width=900,
        height=320,
        x_label_rotation=45 if len(days) > 8 else 0,
        show_minor_x_labels=False,
        x_labels_major_every=max(1, len(days) // 12),
        legend_at_bottom=True,
        include_x_axis=True,
        no_data_text="Nothing was given so far",
    )
    chart.x_labels = [date_format(day, "j M") for day in days]
    chart.add("Given", [of.given for of in days.values()])
    chart.add("Completed", [of.completed for of in days.values()])
    drawn: bytes = chart.render()
    return drawn
