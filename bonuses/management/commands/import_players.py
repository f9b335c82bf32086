from typing import IO, Any

from bonuses.services.import_players.run import PlayersTally, import_players
from integrations.bad_lines import BadLines
from integrations.management.csv_command import CsvCommand, Shown


class Command(CsvCommand):
    help = (
        "Make or update players from a CSV file in UTF-8, with commas or semicolons. Columns: external_id, and any of "
        "currency, origin, status, country, total_deposited, net_loss (minor units), attributes (a JSON object that "
        "replaces all there is) or attributes.<key>. What has no column or an empty cell stays, but an empty country "
        "is none. Bad lines are left out; of several lines for one player the first counts."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tally = PlayersTally()

    def load(self, stream: IO[bytes], bad: BadLines, shown: Shown, options: dict[str, Any]) -> None:
        self._tally.bad = bad
        import_players(stream=stream, tally=self._tally, strict=options["strict"], progress=shown)

    def summary(self) -> str:
        tally = self._tally
        return (
            f"{tally.created:,} players created, {tally.updated:,} updated, {tally.unchanged:,} unchanged; "
            f"{tally.bad.count:,} bad lines."
        )
