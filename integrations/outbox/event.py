import uuid
from dataclasses import dataclass
from datetime import datetime

from integrations.fasttrack import PAYLOADS, BonusPayload, CustomPayload, PayloadInvalid
from integrations.models import EventKind


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a grant. `key` names it among all events of the grant: `<life>:<status>[:<step>]`."""

    grant_id: uuid.UUID
    key: str
    kind: EventKind
    status: str
    user_id: str
    payload: BonusPayload | CustomPayload
    created_at: datetime

    @property
    def event_id(self) -> uuid.UUID:
        """The same for every sink and however often it is sent."""
        return uuid.uuid5(self.grant_id, self.key)

    def body(self) -> str:
        """The JSON to be sent. Raises `PayloadInvalid` when the envelope and what is in it do not agree."""
        payload = self.payload
        if type(payload) is not PAYLOADS[self.kind]:
            raise PayloadInvalid(f"A {self.kind} event can't carry a {type(payload).__name__}.", kind=str(self.kind))
        said = payload.status if isinstance(payload, BonusPayload) else payload.notification_type
        if (said, payload.user_id) != (self.status, self.user_id):
            raise PayloadInvalid(
                "The payload speaks of another status or player.", status=said, user_id=payload.user_id
            )
        return payload.body()
