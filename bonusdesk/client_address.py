"""Where a request comes from."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Whom the outermost of our proxies heard from; without one, the peer itself.

    Each proxy adds its peer at the end of `X-Forwarded-For`: what the caller wrote there stands left of where we look.
    An IPv6 address stands for its /64, which is what one household or server is given: else one could be anybody.
    """
    direct = _ip(request.META.get("REMOTE_ADDR", ""))
    count: int = settings.PROXY_COUNT
    heard = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if count else []
    ip = _ip(heard[-count]) if 0 < count <= len(heard) else None
    ip = ip or direct
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False).network_address)
    return str(ip) if ip else None


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    """Some proxies write the caller's port behind it: `203.0.113.7:4711`, `[2001:db8::1]:4711`."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return ip_address(host)
    except ValueError:
        return None
