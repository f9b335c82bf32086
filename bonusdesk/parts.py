"""Parts of pages, and forms in dialogs: what a script asks for takes the place of something on a page.

A redirect would be followed by the browser itself, and a whole page put there, such as the one to log in at.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from integrations.admin.pages import is_in_dialog

NOT_TAKEN = "Nothing was done: you were no longer logged in. Log in, then do it again."


class PartsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        response = self.get_response(request)
        to = response.headers.get("Location", "")
        if not to or not request.path_info.startswith("/admin/"):
            return response
        if to.partition("?")[0] == reverse("admin:login"):
            return _logged_out(request, response)
        return HttpResponseClientRedirect(to) if request.htmx else response


def _logged_out(request: Any, response: HttpResponse) -> HttpResponse:
    if not request.htmx:
        if request.method == "POST":
            messages.warning(request, NOT_TAKEN)
        return response
    if request.method == "GET" and is_in_dialog(request):
        # Nothing is typed yet; back to where the dialog was to be opened.
        login = redirect_to_login(request.htmx.current_url_abs_path or reverse("admin:index"), reverse("admin:login"))
        return HttpResponseClientRedirect(login.url)
    # The page stays, with all that was typed: htmx.js says what is to be done.
    return trigger_client_event(HttpResponse(status=204), "desk:out")
