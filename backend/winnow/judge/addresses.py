"""Which addresses an endpoint may have: the open internet, and this network only when somebody says so."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from winnow.errors import MissingNeed, SettingError


def checked(url: str, private: bool) -> str:
    """Return the base address without a slash at its end.

    Raises SettingError for one that is none, or that leads into this machine or its network without `private`;
    MissingNeed when its name is unknown.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as reason:
        raise SettingError("a judge has an address", str(reason), "url=https://HOST/v1") from None
    if parts.scheme not in ("http", "https") or not host:
        found = f"found '{url}'" if url else "none was given"
        raise SettingError("a judge has an address that begins with https://", found, "url=https://HOST/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingError(
            "a judge's address holds no key", "found a user, a query or a fragment in it", "key_env=NAME_OF_A_VARIABLE"
        )
    if not private and not proxy_for(url):
        inside = [address for address in _resolved(host, port) if not ipaddress.ip_address(address).is_global]
        if inside:
            raise SettingError(
                f"{host} is an address of this machine or its network ({inside[0]})",
                "a judge inside is asked only when somebody says so",
                "private=true among the judge's settings (--judge-set private=true), or WINNOW_JUDGE_PRIVATE=1 for the app",
            )
    return url.rstrip("/")


def proxy_for(url: str) -> str:
    """Return the proxy that the environment names for an address, or ""."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    proxies = getproxies()
    return proxies.get(parts.scheme, proxies.get("all", ""))


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as reason:
        raise MissingNeed(
            f"the judge at {host} needs a network", str(reason), "check the address and the network"
        ) from reason
    return [str(address[4][0]).partition("%")[0] for address in found]
