"""What became of each of many calls to a platform."""

from dataclasses import dataclass

from integrations.platforms.base import PlatformBonus


@dataclass(frozen=True, slots=True)
class Granted:
    bonus: PlatformBonus


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform read the request and said no."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call left, and no usable answer came: it may have been credited."""

    message: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly never seen by the platform: not called after all, or no connection."""

    message: str
    retry_in: float
    """Seconds after which it is worth trying again."""


GrantAnswer = Granted | Refused | Unknown | NotSent
