"""The document and a page to read it, for everybody."""

from django.http import HttpResponse
from django.shortcuts import render
from rest_framework.request import Request
from rest_framework.views import APIView

from bonusdesk.api.openapi.document import as_served

MAX_AGE = 300


class PublicView(APIView):
    http_method_names = ("get", "head")
    authentication_classes = ()
    permission_classes = ()
    schema = None


class DocumentView(PublicView):
    """`GET /v1/openapi.json`."""

    def get(self, request: Request) -> HttpResponse:
        cached = {"Cache-Control": f"public, max-age={MAX_AGE}"}
        return HttpResponse(as_served(), content_type="application/json", headers=cached)


class DocsView(PublicView):
    """`GET /v1/docs`: Swagger UI from our own static files."""

    def get(self, request: Request) -> HttpResponse:
        return render(request._request, "api_docs.html")
