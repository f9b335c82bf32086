"""Nothing is sent to an address that is not public, unless a setting names its network."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from pytest_django import Settings

from integrations import addresses, http
from integrations.http import HttpTrouble, Response
from integrations.models import Adapter
from integrations.platforms.registry import base_url_fault
from integrations.tests.admin_client import signed_in
from integrations.tests.scripted_platform import ScriptedPlatform, reply, scripted_platform

REFUSED = "the address is not a public one, and OUTBOUND_ALLOWED_NETWORKS does not name it"
NO_BASE_URL = "The base URL must be a public address, or in a network that OUTBOUND_ALLOWED_NETWORKS names."
PUBLIC = ["8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]
NOT_PUBLIC = {
    "this network": "0.0.0.0",
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "shared (CGNAT)": "100.64.0.1",
    "loopback": "127.0.0.1",
    "all of loopback": "127.255.255.254",
    "link-local": "169.254.1.1",
    "metadata service": "169.254.169.254",
    "metadata service among protocol assignments": "192.0.0.192",
    "host of a cloud machine": "168.63.129.16",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "global multicast": "233.252.1.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "v6 loopback": "::1",
    "v6 unspecified": "::",
    "v6 link-local": "fe80::1",
    "v6 link-local with a zone": "fe80::1%lo",
    "v6 site-local": "fec0::1",
    "v6 unique local": "fd00::1",
    "v6 multicast": "ff0e::1",
    "v6 documentation": "2001:db8::1",
    "v6 discard": "100::1",
    "Teredo": "2001:0:7f00:1::1",
    "v4-mapped loopback": "::ffff:127.0.0.1",
    "v4-mapped private": "::ffff:10.0.0.1",
    "v4-compatible": "::127.0.0.1",
    "NAT64 of a private one": "64:ff9b::10.0.0.1",
    "NAT64 of the metadata service": "64:ff9b::169.254.169.254",
    "NAT64 of a local prefix": "64:ff9b:1::8.8.8.8",
    "6to4 of a private one": "2002:a00:1::1",
    "6to4 of loopback": "2002:7f00:1::1",
}


@pytest.fixture
def peer() -> Iterator[ScriptedPlatform]:
    with scripted_platform() as platform:
        yield platform


@pytest.fixture
def nothing_allowed(settings: Settings) -> Settings:
    settings.OUTBOUND_ALLOWED_NETWORKS = []
    return settings


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`resolver("8.8.8.8", …)`: what any name resolves to from now on. Gives the list of names that were asked."""
    asked: list[str] = []

    def will_say(*found: str) -> list[str]:
        def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
            if _is_literal(host):
                return real(host, port, *args, **kwargs)
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    real: Callable[..., list[Any]] = socket.getaddrinfo
    return will_say


def _is_literal(host: str) -> bool:
    return host.replace(".", "").isdecimal() or ":" in host


def send(url: str) -> Response:
    return http.send("POST", url, headers={}, body=b"", connect_timeout=5, read_timeout=5, total_timeout=5)


def refused(url: str) -> str:
    with pytest.raises(HttpTrouble) as caught:
        send(url)
    assert caught.value.sent is False
    return caught.value.message


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which a connection was tried; none of them is ever reached."""
    tried: list[str] = []

    def connect(address: tuple[str, int], *_args: Any, **_kwargs: Any) -> socket.socket:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(http, "create_connection", connect)
    return tried


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC.keys())
def test_not_a_public_address_is_not_connected_to(
    address: str, nothing_allowed: Settings, connections: list[str], resolver: Callable[..., list[str]]
) -> None:
    resolver(address)
    assert refused("https://platform.example/") == REFUSED
    assert connections == []


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is(
    address: str, nothing_allowed: Settings, connections: list[str], resolver: Callable[..., list[str]]
) -> None:
    resolver(address)
    assert refused("https://platform.example/") == "can't connect"
    assert connections == [address]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "127.1", "2130706433"])
def test_no_spelling_of_loopback_gets_through(host: str, peer: ScriptedPlatform, nothing_allowed: Settings) -> None:
    assert refused(f"http://{host}:{peer.url.rpartition(':')[2]}/") == REFUSED
    assert peer.connections == 0


@pytest.mark.parametrize(
    ("host", "networks"),
    [
        ("127.0.0.1", ["127.0.0.0/8"]),
        ("127.0.0.1", ["fd00::/8", "127.0.0.1"]),
        ("[::ffff:127.0.0.1]", ["127.0.0.1/32"]),
        ("[::ffff:127.0.0.1]", ["::ffff:127.0.0.0/104"]),
    ],
)
def test_network_that_is_named_is_let_through(
    host: str, networks: list[str], peer: ScriptedPlatform, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = networks
    peer.will(reply(200, b"hello"))
    assert send(peer.url.replace("127.0.0.1", host)).body == b"hello"


def test_other_networks_stay_closed(peer: ScriptedPlatform, settings: Settings) -> None:
    settings.OUTBOUND_ALLOWED_NETWORKS = ["10.0.0.0/8", "::1/128", "not a network"]
    assert refused(peer.url) == REFUSED
    assert peer.connections == 0


def test_debug_may_connect_anywhere(peer: ScriptedPlatform, nothing_allowed: Settings) -> None:
    nothing_allowed.DEBUG = True
    peer.will(reply(200, b"hello"))
    assert send(peer.url).body == b"hello"


def test_of_several_addresses_the_public_ones_are_tried(
    nothing_allowed: Settings, connections: list[str], resolver: Callable[..., list[str]]
) -> None:
    resolver("10.0.0.1", "8.8.8.8", "169.254.169.254", "1.1.1.1")
    refused("https://platform.example/")
    assert connections == ["8.8.8.8", "1.1.1.1"]


def test_name_that_turns_private_after_it_was_judged_leads_nowhere(
    nothing_allowed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebinding name: public when it is asked for the first time, ours ever after."""
    answers = iter(["8.8.8.8"])
    tried: list[str] = []

    def getaddrinfo(host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
        address = host if _is_literal(host) else next(answers, "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    class Unreachable(socket.socket):
        def connect(self, address: Any) -> None:
            tried.append(address[0])
            raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "socket", Unreachable)
    assert refused("http://rebinding.example/") == "can't connect"
    assert tried == ["8.8.8.8"]
    assert refused("http://rebinding.example/") == REFUSED
    assert tried == ["8.8.8.8"]


def test_connection_that_is_kept_was_judged_when_it_was_made(
    peer: ScriptedPlatform, settings: Settings, resolver: Callable[..., list[str]]
) -> None:
    asked = resolver("127.0.0.1")
    url = peer.url.replace("127.0.0.1", "pooled.example")
    peer.will(reply(200, b"a"), reply(200, b"b", headers={"Connection": "close"}))
    assert send(url).body == b"a"
    settings.OUTBOUND_ALLOWED_NETWORKS = []
    assert send(url).body == b"b"
    assert (asked, peer.connections) == (["pooled.example"], 1)
    assert refused(url) == REFUSED
    assert (asked, peer.connections) == (["pooled.example"] * 2, 1)


@pytest.mark.parametrize(
    "url",
    ["ftp://[::1]/", "file:///etc/passwd", "//127.0.0.1/", "127.0.0.1", "http://me:hunter2@[::1]/", "http://@[::1]/"],
)
def test_only_http_and_no_credentials_in_the_url(url: str) -> None:
    message = refused(url)
    assert message == "the URL must be http or https, without a user and a password"


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "127.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "localhost", "LOCALHOST.", "a.localhost"],
)
def test_url_that_says_itself_that_it_is_not_public_is_no_base_url(host: str, nothing_allowed: Settings) -> None:
    assert base_url_fault("http", f"https://{host}/casino") == NO_BASE_URL
    nothing_allowed.DEBUG = True
    assert base_url_fault("http", f"https://{host}/casino") is None


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "platform.example", "platform"])
def test_names_are_judged_when_we_connect(host: str, nothing_allowed: Settings) -> None:
    assert base_url_fault("http", f"https://{host}/casino") is None


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://crm.example/api", None),
        ("http://crm.example", None),
        ("https://[::1", "must be a URL."),
        ("https://crm.example:port", "must be a URL."),
        ("crm.example", "must begin with https:// or http:// and a host."),
        ("https://", "must begin with https:// or http:// and a host."),
        ("https://me:hunter2@crm.example", "must hold neither a user nor a password."),
        (
            "https://10.1.2.3",
            "must be a public address, or in a network that OUTBOUND_ALLOWED_NETWORKS names.",
        ),
    ],
)
def test_fault_of_a_url(url: str, fault: str | None, nothing_allowed: Settings) -> None:
    assert addresses.url_fault(url) == fault


@pytest.mark.django_db
def test_form_of_an_adapter_names_the_field(nothing_allowed: Settings) -> None:
    client = signed_in("integrations.view_adapter", "integrations.add_adapter")
    page = client.post("/admin/integrations/adapter/add/", {"kind": "http", "base_url": "https://169.254.169.254/"})
    assert page.context["adminform"].form.errors["base_url"] == [NO_BASE_URL]
    assert Adapter.objects.count() == 0


@pytest.mark.django_db
def test_command_that_adds_an_adapter_refuses_too(nothing_allowed: Settings) -> None:
    named = {"slug": "main", "kind": "http", "token": "t", "secret": "s", "webhook_secret": "w"}
    with pytest.raises(CommandError) as caught:
        call_command("add_adapter", base_url="https://10.0.0.1", **named)
    assert str(caught.value) == NO_BASE_URL
    assert Adapter.objects.count() == 0


def test_settings_that_are_urls_are_checked(nothing_allowed: Settings) -> None:
    nothing_allowed.EVENT_SINKS = ["rest"]
    nothing_allowed.FASTTRACK_REST_API_KEY = "key"
    nothing_allowed.FASTTRACK_REST_URL = "https://10.0.0.1"
    nothing_allowed.EXCHANGE_RATES_URL = "https://localhost/rates.xml"
    words = "must be a public address, or in a network that OUTBOUND_ALLOWED_NETWORKS names."
    assert [message.msg for message in run_checks(tags=["settings"])] == [
        f"FASTTRACK_REST_URL {words}",
        f"EXCHANGE_RATES_URL {words}",
    ]


def test_network_that_cannot_be_read_is_named(nothing_allowed: Settings) -> None:
    nothing_allowed.OUTBOUND_ALLOWED_NETWORKS = ["10.0.0.0/8", "10.0.0.1/8", "fd00::/8", "home"]
    assert [message.msg for message in run_checks(tags=["settings"])] == [
        f"OUTBOUND_ALLOWED_NETWORKS: {text} is not a network such as 10.1.0.0/16 or fd00:1::/64."
        for text in ("10.0.0.1/8", "home")
    ]
