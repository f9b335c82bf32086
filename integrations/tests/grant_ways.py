"""The ways to have a platform credit one grant, which must not differ: one call, and a bulk of one."""

import time
from collections.abc import Callable
from unittest import mock

from integrations.models import Adapter
from integrations.platforms import bulk
from integrations.platforms.answers import GrantAnswer, Granted, NotSent, Refused
from integrations.platforms.base import GrantOrder, Platform, PlatformBonus, PlatformRefused, PlatformTrouble
from integrations.platforms.lines import ThreadLine
from integrations.platforms.registry import platform_for

GrantWay = Callable[[Platform, GrantOrder], PlatformBonus]


def one_call(platform: Platform, order: GrantOrder) -> PlatformBonus:
    return platform.grant(order)


def in_bulk(platform: Platform, order: GrantOrder) -> PlatformBonus:
    return _as_one(_bulk_of_one(adapter_of(platform), order))


def in_threads(platform: Platform, order: GrantOrder) -> PlatformBonus:
    """As kinds that are not HTTP are called."""
    with mock.patch.object(bulk, "line_for", lambda adapter: ThreadLine(platform_for(adapter))):
        return in_bulk(platform, order)


GRANT_WAYS: tuple[GrantWay, ...] = (one_call, in_bulk, in_threads)


def adapter_of(platform: Platform) -> Adapter:
    adapter = vars(platform)["adapter"]
    assert isinstance(adapter, Adapter)
    return adapter


def _bulk_of_one(adapter: Adapter, order: GrantOrder) -> GrantAnswer:
    calls = bulk.grant_many(adapter, [order], start_before=time.monotonic() + 60, may_go_on=lambda: True)
    (answer,) = calls.answers
    return answer


def _as_one(answer: GrantAnswer) -> PlatformBonus:
    if isinstance(answer, Granted):
        return answer.bonus
    if isinstance(answer, Refused):
        raise PlatformRefused(answer.code, answer.message)
    raise PlatformTrouble(answer.message, sent=not isinstance(answer, NotSent))
