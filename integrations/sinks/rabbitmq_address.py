import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kombu.utils.url import url_to_parts

LOGIN_METHODS = ("PLAIN", "AMQPLAIN", "EXTERNAL")
FILES = ("ca_certs", "certfile", "keyfile")
OPTIONS = (*FILES, "login_method", "heartbeat")
LEAST_HEARTBEAT = 10
"""The client waits anew at each of the broker's heartbeats, so they must come more rarely than it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to publish, and how to get there. The fields from `ca_certs` on are `FASTTRACK_RABBITMQ_OPTIONS`."""

    url: str = field(repr=False)
    exchange: str
    routing_key: str
    ca_certs: str | None = None
    """Who may vouch for the broker's certificate; the system's own when None."""
    certfile: str | None = None
    keyfile: str | None = None
    login_method: str = "PLAIN"
    heartbeat: int = 60
    """Seconds; 0 is none."""

    @property
    def place(self) -> str:
        """For people; without the password."""
        parts = url_to_parts(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    def arguments(self) -> dict[str, Any]:
        """For `kombu.Connection`. It is not given the URL: what is in there would win over all else, TLS included."""
        parts = url_to_parts(self.url)
        return {
            "hostname": parts.hostname,
            "port": parts.port,
            "userid": parts.username,
            "password": parts.password,
            "virtual_host": parts.path or "/",
            "transport": "pyamqp",
            "ssl": self._tls(parts.hostname) if parts.scheme == "amqps" else False,
            "login_method": self.login_method,
            "heartbeat": self.heartbeat,
        }

    def _tls(self, hostname: str | None) -> dict[str, Any]:
        """The certificate is verified, and its name, which `ssl=True` would not do."""
        return {
            "cert_reqs": ssl.CERT_REQUIRED,
            "server_hostname": hostname,
            "ca_certs": self.ca_certs,
            "certfile": self.certfile,
            "keyfile": self.keyfile,
        }


def url_fault(url: str) -> str | None:
    """What is wrong with `FASTTRACK_RABBITMQ_URL`; None when nothing is. The URL itself is a secret."""
    try:
        parts = url_to_parts(url)
        is_torn = "@" in url and "@" not in urlsplit(url).netloc
    except ValueError:
        is_torn = True  # What the error says may quote from the password.
    if is_torn:
        return "it can't be read; a password may need %-encoding"
    if parts.scheme not in ("amqp", "amqps"):
        return "it must begin with amqp:// or amqps://"
    if not parts.hostname or ";" in url or "," in parts.hostname:
        return "it must name one host"
    return "options go into FASTTRACK_RABBITMQ_OPTIONS, not into the URL" if parts.query else None


def options_fault(options: Mapping[str, Any]) -> str | None:
    """What is wrong with `FASTTRACK_RABBITMQ_OPTIONS`; None when nothing is."""
    if unknown := sorted(set(options) - set(OPTIONS)):
        return f"unknown: {', '.join(unknown)}; there are: {', '.join(OPTIONS)}"
    for name in FILES:
        path = options.get(name)
        if name in options and not (isinstance(path, str) and os.access(path, os.R_OK)):
            return f"{name} must be a file that can be read"
    if "keyfile" in options and "certfile" not in options:
        return "keyfile needs certfile"
    if options.get("login_method", "PLAIN") not in LOGIN_METHODS:
        return f"login_method must be one of {', '.join(LOGIN_METHODS)}"
    heartbeat = options.get("heartbeat", 0)
    if type(heartbeat) is not int or not (heartbeat == 0 or LEAST_HEARTBEAT <= heartbeat <= 3600):
        return f"heartbeat must be 0, or from {LEAST_HEARTBEAT} to 3600 seconds"
    return None
