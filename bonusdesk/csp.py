from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class UsualPolicyMiddleware(CSPMiddleware):
    """One policy for every answer, written once: the base class writes it anew each time, which costs an API more than
    its routing. Views that change theirs, and pages with a nonce, are left to it."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.usual = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_usual = "_csp_nonce" not in vars(request) and not any(name.startswith("_csp") for name in vars(response))
        if not is_usual or settings.DEBUG:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.usual)
        return response
