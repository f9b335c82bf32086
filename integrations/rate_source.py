"""Exchange rates over HTTP: the files that `integrations.rates` imports, fetched from a URL."""

from urllib.parse import urlsplit

from integrations.http import HttpTrouble, send
from integrations.rates import SOURCE_LENGTH, ImportReport, import_file

MAX_BODY = 32 * 1024 * 1024
"""Several times the European Central Bank's whole history."""


class RateSourceTrouble(Exception):
    """The source can't be reached, or answers something other than a file; a later try may go better."""


def fetch(url: str) -> ImportReport:
    """Import the file behind the URL, wholly or not at all.

    Raises `RateSourceTrouble`, or `RateFileInvalid` for a file that can't be taken. What we have already counts as
    unchanged, so it may be called as often as one likes.
    """
    try:
        response = send(
            "GET",
            url,
            headers={"Accept": "application/xml, text/xml, text/csv"},
            body=b"",
            connect_timeout=5,
            read_timeout=20,
            total_timeout=60,
            max_body=MAX_BODY,
        )
    except HttpTrouble as error:
        raise RateSourceTrouble(f"The source of exchange rates can't be reached: {error}") from error
    if response.status != 200:
        raise RateSourceTrouble(f"The source of exchange rates answered {response.status}.")
    return import_file(response.body, (urlsplit(url).hostname or "http")[:SOURCE_LENGTH])
