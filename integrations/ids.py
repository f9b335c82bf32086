"""Primary keys: UUID version 7, made in Python, so that new rows land next to each other in the index."""

import uuid

from uuid_utils import compat


def new_id() -> uuid.UUID:
    return compat.uuid7()
