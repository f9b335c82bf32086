"""A platform in this process: it does what the test says and remembers what it was asked."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from integrations.models import Adapter
from integrations.platforms.base import CancelOrder, GrantOrder, PlatformBonus

KIND = "fake"


class FakePlatform:
    """Register under `KIND` in `registry.KINDS`. `answer` and `cancel_answer` return or raise."""

    asked: ClassVar[list[Any]] = []
    answer: ClassVar[Callable[[], PlatformBonus]]
    cancel_answer: ClassVar[Callable[[], None]]

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter

    @classmethod
    def reset(cls) -> None:
        cls.asked = []
        cls.answer = staticmethod(lambda: PlatformBonus("pb-1", "credited"))
        cls.cancel_answer = staticmethod(lambda: None)

    @classmethod
    def fails(cls, error: Exception) -> None:
        def raising() -> Any:
            raise error

        cls.answer = cls.cancel_answer = staticmethod(raising)

    @staticmethod
    def may_call_plainly(host: str) -> bool:
        return True

    def grant(self, order: GrantOrder) -> PlatformBonus:
        self.asked.append(order)
        return type(self).answer()

    def cancel(self, order: CancelOrder) -> None:
        self.asked.append(order)
        type(self).cancel_answer()

    def status(self, *, grant_id: UUID, platform_bonus_id: str | None) -> PlatformBonus | None:
        return None
