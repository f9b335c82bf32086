"""The usual policy is written once; a view that changes its own, or wants a nonce, still can."""

from typing import Any

from csp.constants import HEADER, NONCE, SELF
from csp.decorators import csp_exempt, csp_update
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from bonusdesk.csp import UsualPolicyMiddleware


def policy_of(view: Any) -> str | None:
    return UsualPolicyMiddleware(view)(RequestFactory().get("/")).headers.get(HEADER)


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@csp_update({"img-src": "https://images.example"})
def with_images(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def with_nonce(request: Any) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))


def of_its_own(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={HEADER: "default-src 'none'"})


def test_the_usual_policy_is_that_of_the_settings() -> None:
    usual = policy_of(plain)
    assert usual is not None
    directives = usual.split("; ")
    assert "default-src 'none'" in directives
    assert "img-src 'self' data:" in directives


def test_a_view_may_add_to_it() -> None:
    assert "https://images.example" in str(policy_of(with_images))


def test_a_page_with_a_nonce_names_it(settings: Settings) -> None:
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"script-src": [SELF, NONCE]}}
    response = UsualPolicyMiddleware(with_nonce)(RequestFactory().get("/"))
    assert f"script-src 'self' 'nonce-{response.content.decode()}'" in response.headers[HEADER].split("; ")
    assert "script-src 'self'" in str(policy_of(plain)).split("; ")


def test_a_view_may_have_none_or_its_own() -> None:
    assert policy_of(csp_exempt()(plain)) is None
    assert policy_of(of_its_own) == "default-src 'none'"
