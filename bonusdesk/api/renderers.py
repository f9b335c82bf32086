"""`{"data": …}` around what a view returns; errors and pages come with an envelope of their own."""

from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


class Envelope(dict[str, Any]):
    """Already the whole body."""


class EnvelopeRenderer(BaseRenderer):
    """JSON by orjson: times in UTC end in Z. A view whose answers are outside the envelope says `enveloped = False`."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        context = renderer_context or {}
        response = context.get("response")
        if response is not None and response.status_code == 204:
            return b""
        is_error = response is not None and response.exception
        bare = is_error or isinstance(data, Envelope) or not getattr(context.get("view"), "enveloped", True)
        return orjson.dumps(data if bare else {"data": data}, option=orjson.OPT_UTC_Z, default=str)
