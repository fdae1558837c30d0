"""The gate before app and API alike: who is it, may another site ask in their name, and is the request of a fair size."""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from winnow.api.problems import problem, told
from winnow.api.visitors import Visitors
from winnow.catalog.access import NOBODY, Actor, acting
from winnow.errors import AccessError, WinnowError

API, STATIC = "/api/", "/static/"
OPEN = ("/login", "/logout", "/_stcore/health")
"""What everybody may reach: the pages that let people in and out, and whether the server lives."""

SAFE = ("GET", "HEAD", "OPTIONS")
LARGEST = 16 * 1024 * 1024
"""Bytes that a request to the API may have."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Gate:
    """ASGI middleware that lets a request through as somebody, or answers it itself."""

    def __init__(self, app: ASGIApp, visitors: Visitors) -> None:
        self._app, self._visitors = app, visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection, path = HTTPConnection(scope), str(scope["path"])
        refused = self._refused(connection, path)
        actor = None
        if refused is None:
            actor, refused = await self._visitor(connection, path)
        if refused is not None:
            await _refuse(scope, receive, send, refused)
            return
        with acting(actor):
            sent = _guarded(send, keep=self._may_be_kept(path))
            await self._app(scope, _bounded(receive) if path.startswith(API) else receive, sent)

    def _may_be_kept(self, path: str) -> bool:
        """Whether a browser may keep an answer: behind a log-in only what tells nothing of the corpus."""
        return path.startswith(STATIC) or (self._visitors.door.is_open and not path.startswith(API))

    def _refused(self, connection: HTTPConnection, path: str) -> Response | None:
        """Return an answer to what no visitor may ask: under a strange name, or from another site."""
        host = connection.headers.get("host", "")
        if self._visitors.door.is_open and not is_own(host, self._visitors.door.hosts):
            return told(421, f"this server is not called {host!r}; set WINNOW_HOSTS to the names it has")
        unsafe = connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE
        if unsafe and is_foreign(connection, self._visitors.door.hosts):
            return told(403, "another site may not ask in your name; open Winnow itself")
        length = connection.headers.get("content-length", "0")
        if path.startswith(API) and (not length.isdigit() or int(length) > LARGEST):
            return told(413, f"a request has at most {LARGEST:,} bytes; send it in pieces")
        return None

    async def _visitor(self, connection: HTTPConnection, path: str) -> tuple[Actor | None, Response | None]:
        address = connection.client.host if connection.client else ""
        try:
            actor = await run_in_threadpool(self._visitors.identify, connection.headers, connection.cookies, address)
        except WinnowError as reason:
            return None, problem(reason)
        if actor.role != NOBODY or path in OPEN:
            return actor, None
        if path.startswith(API):
            fix = "send `Authorization: Bearer TOKEN`, or log in with the browser"
            return None, problem(AccessError("this corpus is shown to people it knows", "nobody has logged in", fix))
        # Where people come in through st.login, its button is on the page, which shows nothing else to the unknown.
        return (actor, None) if self._visitors.door.oidc else (None, _to_login(connection, path))


def is_own(host: str, named: frozenset[str]) -> bool:
    """Return whether a Host header is a name of this machine: another site's name may be made to lead here.

    >>> is_own("localhost:8501", frozenset()), is_own("[::1]:8501", frozenset()), is_own("evil.example", frozenset())
    (True, True, False)
    """
    name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or name in _own_names() | named


@cache
def _own_names() -> frozenset[str]:
    return frozenset({socket.gethostname().lower(), socket.getfqdn().lower()} - {""})


def is_foreign(connection: HTTPConnection, named: frozenset[str]) -> bool:
    """Return whether a browser says that another site sends this; behind a proxy, `named` are the server's names."""
    origin = connection.headers.get("origin")
    if origin is not None:
        there = urlsplit(origin)
        own = there.netloc.lower() == connection.headers.get("host", "").lower()
        return not own and (there.hostname or "") not in named
    return connection.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _to_login(connection: HTTPConnection, path: str) -> Response:
    wants_page = connection.scope["type"] == "http" and "text/html" in connection.headers.get("accept", "")
    if not wants_page:
        return PlainTextResponse("log in first\n", 401)
    query = f"?{connection.url.query}" if connection.url.query else ""
    return RedirectResponse(f"/login?next={quote(path + query, safe='')}", 303)


async def _refuse(scope: Scope, receive: Receive, send: Send, refused: Response) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "log in first"})
        return
    await refused(scope, receive, _guarded(send, keep=False))


def _guarded(send: Send, *, keep: bool) -> Send:
    """Add headers that keep other sites from framing pages and from guessing types.

    Without `keep` browsers are told to keep nothing: whoever goes back after logging out is asked anew.
    """

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if not keep:
                headers["Cache-Control"] = "no-store"
        await send(message)

    return sent


def _bounded(receive: Receive) -> Receive:
    """Stop reading a body that turns out too long: a client need not say its length beforehand."""
    read = 0

    async def received() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST:
            raise WinnowError(f"a request has at most {LARGEST:,} bytes", "", "send it in pieces")
        return message

    return received
