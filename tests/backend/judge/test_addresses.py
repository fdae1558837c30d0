"""Which addresses a judge may have."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from winnow.errors import MissingNeed, SettingError
from winnow.judge.addresses import checked


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("winnow.judge.addresses.getproxies", dict)


@pytest.mark.parametrize("url", ["", "host/v1", "ftp://host/v1", "file:///etc/passwd", "http://", "http://[::1"])
def test_an_address_begins_with_http(url: str) -> None:
    with pytest.raises(SettingError, match="address"):
        checked(url, private=True)


@pytest.mark.parametrize("url", ["https://key@host/v1", "https://host/v1?key=abc", "https://host/v1#abc"])
def test_an_address_holds_no_key(url: str) -> None:
    with pytest.raises(SettingError, match="holds no key"):
        checked(url, private=True)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "[fd00::1]", "2130706433"]
)  # fmt: skip
def test_an_address_inside_is_used_only_when_somebody_says_so(host: str) -> None:
    with pytest.raises(SettingError, match="private=true"):
        checked(f"http://{host}/v1", private=False)
    assert checked(f"http://{host}/v1/", private=True) == f"http://{host}/v1"


def test_a_public_name_that_leads_inside_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.216.34", "10.1.2.3")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(SettingError, match=r"10\.1\.2\.3"):
        checked("https://example.org/v1", private=False)


def test_an_unknown_name_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(MissingNeed, match=r"example\.org needs a network"):
        checked("https://example.org/v1", private=False)
