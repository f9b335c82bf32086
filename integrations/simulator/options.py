"""How a simulator is set up; what may change while it runs is changed in place, over `PUT /control/settings`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """What may also be changed while the simulator runs."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    token: str = "simulator-token"
    secret: str = "simulator-secret"
    webhook_secret: str = "simulator-webhook-secret"
    webhook_url: str | None = None
    """Without it events are counted as unsent and forgotten."""
    webhook_scheme: Literal["ucrm", "standard"] = "ucrm"
    webhook_timeout_seconds: float = Field(default=5.0, gt=0)
    lives: bool = True
    """Off: a grant is credited and nothing more happens to it."""
    life_seconds: float = Field(default=20.0, ge=0)
    """The mean length of a life; 0 plays it as fast as it goes."""
    opening: Literal["credited", "pending"] = "credited"
    """With lives off: what a grant is answered with."""


class Options(Settings):
    """What the simulator starts with."""

    host: str = "127.0.0.1"
    port: int = Field(default=9000, ge=0, le=65535)
    seed: int = 1
    webhook_concurrency: int = Field(default=16, ge=1)
    backoff_seconds: float = Field(default=0.2, gt=0)
    """The first pause before a webhook is sent again; doubles up to 5 s."""
