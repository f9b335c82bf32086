"""Every refusal that the document names is one that the API really gives, and so is its status and its shape."""

from typing import Any

import pytest
from pytest_django import Settings

from bonusdesk.tests.contract import check_answer, operation, operations, resolved
from bonusdesk.tests.refusal_calls import GOOD, Kitchen
from bonusdesk.tests.refusal_recipes import COMMON, OWN
from bonusdesk.tests.refusals import refused
from bonuses.tests.api_client import SECRET
from bonuses.tests.fake_platform import FakePlatform

pytestmark = pytest.mark.django_db


def documented() -> list[tuple[str, int, str]]:
    """Operation, status and code, as the examples of its answers name them."""
    return [
        (name, int(status), code)
        for name in operations()
        for status, answer in operation(name)["responses"].items()
        if int(status) >= 400
        for code in resolved(answer)["content"]["application/json"]["examples"]
    ]


@pytest.fixture
def ingredients(settings: Settings, monkeypatch: pytest.MonkeyPatch, platform: type[FakePlatform]) -> dict[str, Any]:
    settings.INTERNAL_SECRETS = [SECRET]
    return {"settings": settings, "patch": monkeypatch, "platform": platform}


@pytest.mark.parametrize(("name", "status", "code"), documented())
def test_documented_refusal_is_a_real_one(ingredients: dict[str, Any], name: str, status: int, code: str) -> None:
    recipe = OWN.get((name, code)) or COMMON[code]
    response = recipe(Kitchen(name, **ingredients))
    refused(response, status, code)
    check_answer(name, response)


@pytest.mark.parametrize("name", operations())
def test_without_a_reason_nothing_is_refused(ingredients: dict[str, Any], name: str) -> None:
    """Else a recipe would prove nothing."""
    response = Kitchen(name, **ingredients).good().send()
    assert response.status_code in {200, 201, 202, 204}, response.content
    check_answer(name, response)


def test_no_recipe_for_what_is_not_documented() -> None:
    known = {(name, code) for name, _, code in documented()}
    assert OWN.keys() <= known
    assert COMMON.keys() <= {code for _, code in known}
    assert GOOD.keys() == operations().keys()
