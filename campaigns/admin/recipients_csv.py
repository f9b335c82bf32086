"""The recipients of a campaign as CSV: written while they are read, so that a million take no more memory than ten."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse
from django.utils.text import slugify

from campaigns.models import Campaign, Recipient

BATCH = 2000
COLUMNS = ("external_id", "player_id", "status", "reason", "message", "grant_id")
_READ = ("number", "player__external_id", "player_id", "status", "reason", "message", "grant_id")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, or skips before it looks for one."""


class _Line:
    """A file for the csv module: keeps nothing, gives back what was written."""

    def write(self, text: str) -> str:
        return text


def download(request: HttpRequest, campaign: Campaign) -> HttpResponseBase:
    """All of them, or those with the `status` and `reason` that the address names."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    wanted = {name: request.GET[name] for name in ("status", "reason") if request.GET.get(name)}
    lines = recipient_lines(Recipient.objects.filter(campaign=campaign, **wanted))
    name = f"{slugify(campaign.name)[:100] or 'campaign'}-recipients.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def recipient_lines(recipients: QuerySet[Recipient]) -> Iterator[str]:
    """The header, then batches of lines, in the order of their numbers.

    Not through one cursor: that would hold a transaction, or a copy of it all on the server, for as long as the
    receiver takes. Numbers never change, so nobody is left out or named twice; each batch is as of its own moment.
    """
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    last = -1
    while rows := list(recipients.filter(number__gt=last).order_by("number").values_list(*_READ)[:BATCH]):
        yield "".join(writer.writerow([safe(cell) for cell in row[1:]]) for row in rows)
        last = rows[-1][0]


def safe(cell: Any) -> str:
    """As text that a spreadsheet does not run."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULAS) else text
