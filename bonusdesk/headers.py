"""What browsers are told beyond Django's own security headers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bonusdesk.api.last_resort import PREFIX

ALWAYS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class HeadersMiddleware:
    """The API's answers are about players: nothing may keep them, unless the view says otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if request.path_info.startswith(PREFIX):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
