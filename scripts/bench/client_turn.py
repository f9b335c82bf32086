"""One turn of a client: what it is asked to do, and by which names the clients go."""

from dataclasses import dataclass

CLIENTS = ("sockets", "aiohttp", "grant_many", "urllib3")
TOKEN = "bench-token"
SECRET = "bench-secret"
WARM_UP = 128
"""Calls that are made before the clock starts."""


@dataclass(frozen=True)
class Turn:
    url: str
    calls: int
    at_once: int
    token: str = TOKEN
    secret: str = SECRET
