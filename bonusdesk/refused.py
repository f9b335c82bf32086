from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token of this log-in: most likely its page was opened before."""
    context = {**admin.site.each_context(request), "address": request.get_full_path()}
    page = render(request, "admin/form_refused.html", context, status=403)
    page["Cache-Control"] = "no-store"
    return page
