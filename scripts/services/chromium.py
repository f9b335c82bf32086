"""No server, but as hard to come by: the browser that the pages are tested with."""

from scripts.services import process
from scripts.services.base import Server
from scripts.services.records import Record


def find() -> str | None:
    return process.binary("chromium", "chromium-browser", "google-chrome")


CHROMIUM = Server(
    name="chromium",
    variable="TEST_CHROMIUM",
    packages=("chromium",),
    find=find,
    start=lambda: Record("chromium", str(find()), "binaries"),
)
