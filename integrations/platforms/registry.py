"""The kinds of platform there are. A new kind is a new file and a line here."""

from urllib.parse import urlsplit

from django.conf import settings

from integrations.addresses import host_fault
from integrations.models import Adapter
from integrations.platforms.base import Platform, PlatformTrouble
from integrations.platforms.http import HttpPlatform
from integrations.platforms.simulator import SimulatorPlatform

KINDS: dict[str, type[Platform]] = {
    "http": HttpPlatform,
    "simulator": SimulatorPlatform,
}


def platform_for(adapter: Adapter) -> Platform:
    kind = KINDS.get(adapter.kind)
    if kind is None:
        raise PlatformTrouble(f"there is no kind of platform called {adapter.kind!r}", sent=False)
    return kind(adapter)


def base_url_fault(kind: str, base_url: str) -> str | None:
    """Why a platform of this kind can't be called there, in a sentence; None when it can."""
    try:
        url = urlsplit(base_url)
        host, _ = url.hostname, url.port
    except ValueError:
        return "The base URL is not a URL."
    if url.scheme not in ("http", "https") or not host:
        return "The base URL must begin with https:// and a host."
    if url.username or url.password or url.query or url.fragment:
        return "The base URL must hold neither a user, a password, a query nor a fragment."
    if url.scheme == "http" and not settings.DEBUG and not KINDS[kind].may_call_plainly(host):
        return "The base URL must begin with https:// outside of DEBUG."
    fault = host_fault(host)
    return f"The base URL {fault}" if fault else None
