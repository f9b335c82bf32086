"""Issuing against the real simulator, for tests: what is asked for, what goes over the wire, and how time passes."""

import json
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from bonuses.models import BonusTemplate, Grant, Player, TermsRevision
from bonuses.services.credit import AdapterUnavailable
from bonuses.services.issue import IssueRequest, issue
from bonuses.tests.factories import PlayerFactory, TemplateFactory
from bonuses.tests.platform_reports import TEST_CAUSE, current
from integrations import http
from integrations.models import Adapter, ExchangeRate
from integrations.platforms import breaker

LONG_AGO = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    """`grant`, `cancel` or `status`."""
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """Watches what is sent to the platform, and can have something happen just before or after a call."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._before: list[Callable[[], object]] = []
        self._after: list[Callable[[], object]] = []
        self._send = http.send

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]

    def before_next(self, step: Callable[[], object]) -> None:
        self._before.append(step)

    def after_next(self, step: Callable[[], object]) -> None:
        """Once the platform has done its part, and before we know of it."""
        self._after.append(step)

    def send(self, method: str, url: str, **more: Any) -> http.Response:
        last = url.rpartition("/")[2]
        self.calls.append(Call(last if method == "POST" else "status", url, more["headers"], more["body"]))
        _run_all(self._before)
        try:
            return self._send(method, url, **more)
        finally:
            _run_all(self._after)


def _run_all(steps: list[Callable[[], object]]) -> None:
    while steps:
        steps.pop(0)()


def request_for(template: BonusTemplate, player: Player, **fields: Any) -> IssueRequest:
    return IssueRequest(**{"template_id": template.pk, "player_id": player.pk, "granted_by_kind": "api", **fields})


def give(
    template: BonusTemplate | None = None, player: Player | None = None, *, request: Any = None, **terms: Any
) -> Grant:
    """Issue as the API does. `request` holds further fields of the request, the rest is the template's."""
    template = template or TemplateFactory(**terms)
    return issue(request=request_for(template, player or PlayerFactory(), **(request or {})), cause=TEST_CAUSE)


def give_in_vain(*args: Any, **kwargs: Any) -> Grant:
    """Issue while the platform gives no usable answer: the grant that stays queued."""
    with pytest.raises(AdapterUnavailable) as caught:
        give(*args, **kwargs)
    grant = Grant.objects.get(pk=uuid.UUID(caught.value.details["grant_id"]))
    assert grant.status == "queued"
    return grant


def closed_port() -> str:
    """An address where nobody listens, so that nothing is ever sent."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


def never_sent(adapter: Adapter) -> Grant:
    """A grant that stays queued because nobody listened."""
    url = adapter.base_url
    change(adapter, base_url=closed_port())
    grant = give_in_vain()
    change(adapter, base_url=url)
    return grant


def change(adapter: Adapter, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(adapter, name, value)
    adapter.save(update_fields=list(fields))


def let_time_pass(grant: Grant, *, since: timedelta = LONG_AGO) -> None:
    """As if the last call to the platform had been so long ago: claims have run out, and what was put off is due."""
    row = current(grant)
    moved = {
        name: value - since
        for name in ("claimed_until", "next_attempt_at", "attempted_at", "heard_at", "created_at")
        if (value := getattr(row, name)) is not None
    }
    Grant.objects.filter(pk=grant.pk).update(**moved)


def make_due(grant: Grant) -> None:
    """As if the delay until the next try had passed, and no more."""
    past = timezone.now() - timedelta(seconds=1)
    Grant.objects.filter(pk=grant.pk, next_attempt_at__isnull=False).update(next_attempt_at=past)
    Grant.objects.filter(pk=grant.pk, claimed_until__isnull=False).update(claimed_until=past)


def poison(grant: Grant) -> None:
    """Its terms can't be read any more: whoever handles it breaks."""
    QuerySet(TermsRevision).filter(pk=grant.revision_id).update(terms={"nonsense": True})


def let_expire(grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def rate(base: str, quote: str, value: str) -> None:
    ExchangeRate.objects.create(
        base=base, quote=quote, rate=value, valid_from=timezone.now() - timedelta(days=1), source="test"
    )


def open_breaker(adapter: Adapter) -> None:
    """As ten troubles in a row do; it stays open for its first cool-down."""
    fuse = breaker.local[adapter.pk]
    for number in range(breaker.OPENS_AFTER):
        fuse.report(str(number), breaker.Outcome.TROUBLE, time.monotonic())
    assert fuse.until is not None


def cool_down(adapter: Adapter) -> None:
    """The next call is the probe."""
    breaker.local[adapter.pk].until = 0.0
