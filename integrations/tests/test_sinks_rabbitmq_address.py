import ssl
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from integrations.sinks.rabbitmq import RabbitMqSink
from integrations.sinks.rabbitmq_address import Address, options_fault, url_fault


def address(url: str, **options: Any) -> Address:
    return Address(url=url, exchange="crm", routing_key="bonus", **options)


def test_the_parts_of_a_url_are_unquoted() -> None:
    made = address("amqp://ann:p%40ss%2F@127.0.0.1:5673/a%2Fb").arguments()
    assert made == {
        "hostname": "127.0.0.1",
        "port": 5673,
        "userid": "ann",
        "password": "p@ss/",
        "virtual_host": "a/b",
        "transport": "pyamqp",
        "ssl": False,
        "login_method": "PLAIN",
        "heartbeat": 60,
    }


@pytest.mark.parametrize("path", ["", "/", "/%2F", "//"])
def test_the_virtual_host_is_the_broker_s_default_unless_named(path: str) -> None:
    assert address(f"amqp://127.0.0.1{path}").arguments()["virtual_host"] == "/"


def test_tls_verifies_certificate_and_name() -> None:
    assert address("amqps://127.0.0.1", ca_certs="/ca.pem").arguments()["ssl"] == {
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": "127.0.0.1",
        "ca_certs": "/ca.pem",
        "certfile": None,
        "keyfile": None,
    }


def test_no_secret_is_shown() -> None:
    made = address("amqp://ann:secret@127.0.0.1:5673/%2F")
    assert "secret" not in repr(made)
    assert made.place == "127.0.0.1:5673"


@pytest.mark.parametrize("url", ["amqp://127.0.0.1", "amqps://ann:p%40ss@127.0.0.1:5671/%2Fcrm"])
def test_good_urls(url: str) -> None:
    assert url_fault(url) is None


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "it must begin with amqp:// or amqps://"),
        ("http://127.0.0.1", "it must begin with amqp:// or amqps://"),
        ("127.0.0.1:5672", "it must begin with amqp:// or amqps://"),
        ("amqp://", "it must name one host"),
        ("amqp://127.0.0.1;amqp://127.0.0.1", "it must name one host"),
        ("amqps://127.0.0.1/?ssl_cert_reqs=none", "options go into FASTTRACK_RABBITMQ_OPTIONS, not into the URL"),
    ],
)
def test_faulty_urls(url: str, fault: str) -> None:
    assert url_fault(url) == fault


@pytest.mark.parametrize(
    "url",
    [
        "amqp://ann:secret@127.0.0.1:port",
        "amqp://ann:secret@127.0.0.1:99999",
        "amqp://ann:5/secret@127.0.0.1",
        "amqp://ann:5#secret@127.0.0.1",
        "amqp://[secret",
    ],
)
def test_a_url_that_can_not_be_read_is_not_quoted(url: str) -> None:
    assert url_fault(url) == "it can't be read; a password may need %-encoding"


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("URL", "http://127.0.0.1", "it must begin with amqp:// or amqps://"),
        ("OPTIONS", {"heartbeat": 1}, "heartbeat must be 0, or from 10 to 3600 seconds"),
    ],
)
def test_no_sink_is_made_from_faulty_settings(settings: Settings, name: str, value: object, fault: str) -> None:
    settings.FASTTRACK_RABBITMQ_URL = "amqp://127.0.0.1"
    setattr(settings, f"FASTTRACK_RABBITMQ_{name}", value)
    with pytest.raises(ImproperlyConfigured, match=f"FASTTRACK_RABBITMQ_{name}: {fault}."):
        RabbitMqSink.from_settings()


def test_good_options(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.touch()
    files = {"ca_certs": str(file), "certfile": str(file), "keyfile": str(file)}
    assert options_fault({}) is None
    assert options_fault({**files, "login_method": "EXTERNAL", "heartbeat": 30}) is None
    assert options_fault({"heartbeat": 0}) is None


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            {"cert_reqs": 0, "confirm_publish": True},
            "unknown: cert_reqs, confirm_publish; there are: ca_certs, certfile, keyfile, login_method, heartbeat",
        ),
        ({"ca_certs": "/nowhere/ca.pem"}, "ca_certs must be a file that can be read"),
        ({"ca_certs": None}, "ca_certs must be a file that can be read"),
        ({"certfile": 5}, "certfile must be a file that can be read"),
        ({"keyfile": __file__}, "keyfile needs certfile"),
        ({"login_method": "GSSAPI"}, "login_method must be one of PLAIN, AMQPLAIN, EXTERNAL"),
        ({"login_method": []}, "login_method must be one of PLAIN, AMQPLAIN, EXTERNAL"),
        ({"heartbeat": 9}, "heartbeat must be 0, or from 10 to 3600 seconds"),
        ({"heartbeat": 3601}, "heartbeat must be 0, or from 10 to 3600 seconds"),
        ({"heartbeat": -1}, "heartbeat must be 0, or from 10 to 3600 seconds"),
        ({"heartbeat": True}, "heartbeat must be 0, or from 10 to 3600 seconds"),
        ({"heartbeat": "60"}, "heartbeat must be 0, or from 10 to 3600 seconds"),
    ],
)
def test_faulty_options(options: dict[str, Any], fault: str) -> None:
    assert options_fault(options) == fault
