"""The document and its page, as anybody gets them."""

import pytest
from django.test import Client

from bonusdesk.api.openapi.document import document


def test_the_document_is_for_everybody() -> None:
    response = Client().get("/v1/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Cache-Control"] == "public, max-age=300"
    assert response.json() == document()


def test_bad_credentials_do_not_matter() -> None:
    for path in ("/v1/openapi.json", "/v1/docs"):
        assert Client().get(path, headers={"X-Internal-Secret": "wrong"}).status_code == 200


def test_the_page_holds_nothing_inline() -> None:
    response = Client().get("/v1/docs")
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    page = response.content.decode()
    assert page.count("<script") == page.count("<script src=") == 2
    assert "<style" not in page
    assert "style=" not in page


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs"])
def test_they_are_only_read(path: str) -> None:
    response = Client().post(path)
    assert (response.status_code, response.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert response["Allow"] == "GET, HEAD"
