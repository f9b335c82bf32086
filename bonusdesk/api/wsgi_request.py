from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters

UNREADABLE = "application/octet-stream"


class Utf8Request(WSGIRequest):
    """Everything is read as UTF-8, whatever `charset` a caller names.

    Django would decode the query by it, and in its constructor, where what goes wrong is answered by nobody:
    `charset=hex`, an unknown charset of another parameter, or too many query fields would end as the server's own 500.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            meta["CONTENT_TYPE"] = self.content_type = UNREADABLE
            self.content_params = {}
