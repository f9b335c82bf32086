from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation


class AlwaysFirstRenderer(DefaultContentNegotiation):
    """The API speaks JSON, whatever `Accept` or `?format=` asks for: errors must come in the one shape too."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """By its very type: the framework would read a body of the type `*/*` too."""
        sent = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)
