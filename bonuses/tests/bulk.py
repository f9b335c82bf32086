"""Many promised grants, as a campaign has them once their first calls are claimed."""

from collections.abc import Callable, Sequence
from typing import Any

from bonuses.models import BonusTemplate, Grant
from bonuses.services.bulk.plan import Promise
from bonuses.services.bulk.write_answers import write_answers
from bonuses.services.order import grant_order
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.platform_reports import TEST_CAUSE, current, promised
from integrations.platforms.answers import GrantAnswer, Granted
from integrations.platforms.base import PlatformBonus


def promises(
    count: int, *, template: BonusTemplate | None = None, currency: str = "EUR", **fields: Any
) -> list[Promise]:
    template = template or TemplateFactory(**fields)
    return [promise_of(promised(template=template, player=PlayerFactory(currency=currency))) for _ in range(count)]


def promise_of(grant: Grant) -> Promise:
    row = current(grant)
    assert row.claimed_until is not None
    return Promise(order=grant_order(row), adapter=row.adapter, claimed_until=row.claimed_until)


def grant_of(promise: Promise) -> Grant:
    return Grant.objects.select_related("revision", "player", "adapter").get(pk=promise.order.grant_id)


def granted(number: int = 1, status: str = "credited") -> Granted:
    return Granted(PlatformBonus(f"pb-{number}", status))


def write(promises: Sequence[Promise], answer: GrantAnswer | Callable[[int], GrantAnswer], **more: Any) -> None:
    """The same answer for each, or one by number."""
    answers = [answer(number) if callable(answer) else answer for number in range(len(promises))]
    write_answers(answers=list(zip(promises, answers, strict=True)), cause=TEST_CAUSE, **more)
