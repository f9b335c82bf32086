"""Where we may connect to. Outside DEBUG only to the public internet, and to the networks that a setting names.

Whoever may write an adapter's URL could otherwise have us call what only we can reach: a metadata service, a database.
"""

import socket
import threading
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

SCHEMES = ("http", "https")
GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
INSIDE = (IPv4Network("192.0.0.0/24"), IPv4Network("168.63.129.16/32"))
"""Where clouds serve their own machines: not private by name, or not to every version of Python."""
REFUSED = "the address is not a public one, and OUTBOUND_ALLOWED_NETWORKS does not name it"

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def resolve(host: str, port: int, *, within: float) -> list[str]:
    """The IP addresses of a host, within so many seconds: the resolver knows no time-out, so it gets a thread."""
    try:
        return [str(ip_address(host.strip("[]")))]
    except ValueError:
        pass
    found: list[str] = []
    failed: list[OSError] = []

    def ask() -> None:
        try:
            found.extend(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as trouble:
            failed.append(trouble if isinstance(trouble, OSError) else socket.gaierror(str(trouble)))

    resolver = threading.Thread(target=ask, daemon=True)
    resolver.start()
    resolver.join(within)
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError("name not resolved in time")
    return found


def may_connect(address: str) -> bool:
    """To an IP address, as the resolver gives it."""
    outer = ip_address(address)
    inner = _inner(outer)
    if settings.DEBUG or _is_public(inner):
        return True
    allowed = networks(tuple(settings.OUTBOUND_ALLOWED_NETWORKS))
    return any(ip in network for network in allowed for ip in (outer, inner))


def url_fault(url: str) -> str | None:
    """Why nothing can be sent there, as a sentence without its subject: `must be …`. None when something can.

    Asks no resolver: names are looked up, and judged, when we connect.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "must be a URL."
    if parts.scheme not in SCHEMES or not host:
        return "must begin with https:// or http:// and a host."
    if parts.username is not None or parts.password is not None:
        return "must hold neither a user nor a password."
    return host_fault(host)


def host_fault(host: str) -> str | None:
    """As `url_fault`, of an address written out."""
    literal = "127.0.0.1" if _is_localhost(host) else host
    try:
        is_fine = may_connect(literal)
    except ValueError:
        return None  # A name.
    return None if is_fine else "must be a public address, or in a network that OUTBOUND_ALLOWED_NETWORKS names."


@lru_cache(maxsize=8)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Those that can be read: `bonusdesk.checks` complains of the others."""
    return tuple(network for network in map(network_of, texts) if network is not None)


def network_of(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None


def _is_localhost(host: str) -> bool:
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def _inner(ip: Address) -> Address:
    """The IPv4 address that a gateway, or our own kernel, would make of an IPv6 one."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _is_public(ip: Address) -> bool:
    if isinstance(ip, IPv6Address) and ip not in GLOBAL_UNICAST:
        return False
    is_inside = any(ip in network for network in INSIDE)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or is_inside)
