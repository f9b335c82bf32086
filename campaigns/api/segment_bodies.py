"""The bodies of the write calls on segments."""

from typing import Annotated, Any

from pydantic import Field

from bonuses.api.bodies import Body, Name
from bonuses.api.serializers import absent

MAX_LISTED = 10_000
ExternalIds = Annotated[list[Name], Field(max_length=MAX_LISTED)]


class CreateSegment(Body):
    """`rules` are looked at by the service, which can say where in the tree they are wrong."""

    name: Name
    rules: Any = None
    external_ids: ExternalIds | None = None


class ChangeSegment(Body):
    """Fields that are absent stay; a list is replaced as a whole."""

    name: Name = absent()
    rules: Any = absent()
    external_ids: ExternalIds = absent()
