from django.db.models.functions import Now

from integrations.outbox import lease as leases
from integrations.outbox.lease import Lease
from integrations.sinks.base import Flight


class LeasedJournal:
    """The batch in flight, on the row of the sink's state."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    def read(self) -> Flight | None:
        return self._lease.flight

    def write(self, flight: Flight) -> None:
        known = self._lease.flight
        since = {} if known is not None and known.ids == flight.ids else {"in_flight_since": Now()}
        leases.renew(self._lease, in_flight={"ids": flight.ids, "mark": flight.mark}, **since)
