import uuid
from argparse import ArgumentParser, ArgumentTypeError
from typing import IO, Any

from campaigns.models import Segment
from campaigns.services.import_members import MembersTally, import_members
from integrations.bad_lines import BadLines
from integrations.management.csv_command import CsvCommand, Shown


class Command(CsvCommand):
    help = (
        "Put the players of a CSV file (a column external_id) on a fixed list: a new segment, or one there is, which "
        "is extended or, with --replace, replaced. Unknown players are bad lines and left out. The list changes in one "
        "transaction."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tally = MembersTally()
        self._segment: Segment | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--name", type=_name, help="Make a new segment of this name.")
        which.add_argument("--segment", type=uuid.UUID, metavar="ID", help="Change this one.")
        parser.add_argument("--replace", action="store_true", help="Take off the list who is not in the file.")

    def load(self, stream: IO[bytes], bad: BadLines, shown: Shown, options: dict[str, Any]) -> None:
        self._tally.bad = bad
        self._segment = import_members(
            stream=stream,
            tally=self._tally,
            segment_id=options["segment"],
            name=options["name"] or "",
            replace=options["replace"],
            strict=options["strict"],
            progress=shown,
        )

    def summary(self) -> str:
        tally = self._tally
        if self._segment is None:
            return "The list is as it was."
        return (
            f"Segment {self._segment.pk}: {tally.added:,} players added, {tally.already:,} there already, "
            f"{tally.removed:,} removed; {tally.repeated:,} repeated and {tally.bad.count:,} bad lines."
        )


def _name(text: str) -> str:
    if not text.strip() or len(text) > 200:
        raise ArgumentTypeError("a name has 1 to 200 characters")
    return text
