"""Grants of a campaign by day as a picture."""

from collections.abc import Mapping
from datetime import date

from django.utils.formats import date_format

from campaigns.results import Result
from integrations.admin.charts import Series, Size, bars

SIZE = Size(width=900, height=320, labels=12)


def chart_of(days: Mapping[date, Result], theme: str) -> bytes:
    return bars(
        title="Given and completed, by day",
        labels=[date_format(day, "j M") for day in days],
        series=[
            Series("given", "live", [of.given for of in days.values()]),
            Series("completed", "good", [of.completed for of in days.values()]),
        ],
        theme=theme,
        size=SIZE,
        empty="Nothing was given so far",
    )
