"""The pages that let people in and out: plain HTML, before anything of the workbench is sent."""

from __future__ import annotations

import html
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from winnow.api.problems import status_of
from winnow.api.visitors import COOKIE, LASTS, Visitors
from winnow.errors import WinnowError

STYLE = """
:root { color-scheme: light dark; font-family: Inter, 'Segoe UI', system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f4f5f3, #14191c); }
main { width: 20rem; padding: 2rem; border-radius: 8px; background: light-dark(#fff, #1c2327); color: light-dark(#1d2529, #e4e8e6);
       border: 1px solid light-dark(#dcdfdd, #323b40); }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
label { display: block; margin: .8rem 0 .25rem; font-size: .9rem; }
input { width: 100%; box-sizing: border-box; padding: .55rem; font: inherit; border-radius: 6px; border: 1px solid light-dark(#8b9499, #5b686f);
        background: light-dark(#fff, #14191c); color: inherit; }
button { margin-top: 1.2rem; width: 100%; padding: .6rem; font: inherit; font-weight: 600; border: 0; border-radius: 6px; cursor: pointer;
         background: light-dark(#1f6f8b, #5fb3cf); color: light-dark(#fff, #14191c); }
p { font-size: .9rem; line-height: 1.45; } .refused { color: light-dark(#a32020, #ff9c9c); }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
LONGEST = 4096
"""Bytes of a filled-in form."""


def routes(visitors: Visitors) -> list[Route]:
    """Return the routes of /login and /logout."""

    async def log_in(request: Request) -> Response:
        if request.method == "GET":
            return _page(_form("", request.query_params.get("next", "/"), ""))
        told = await _told(request)
        address = request.client.host if request.client else ""
        name, onward = told.get("name", ""), told.get("next", "/")
        try:
            session = await run_in_threadpool(visitors.log_in, name, told.get("secret", ""), address)
        except WinnowError as reason:
            return _page(_form(name, onward, str(reason)), status_of(reason))
        response = RedirectResponse(local(onward), 303)
        response.set_cookie(
            COOKIE, session, max_age=LASTS, httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
        return response

    async def log_out(request: Request) -> Response:
        if request.method == "GET":
            return _page('<h1>Winnow</h1><form method="post"><button>Log out</button></form>')
        await run_in_threadpool(visitors.log_out, request.cookies)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return response

    both = ["GET", "POST"]
    return [Route("/login", log_in, methods=both), Route("/logout", log_out, methods=both)]


def local(address: str) -> str:
    r"""Return an address within this server, "/" for any other: a link may not send people away after they log in.

    >>> local("/explore?in.source=%5B%5D"), local("//evil.example"), local("/\\evil.example"), local("https://x")
    ('/explore?in.source=%5B%5D', '/', '/', '/')
    """
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"


async def _told(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=8))


def _form(name: str, onward: str, refused: str) -> str:
    told = f'<p class="refused" role="alert">{html.escape(refused)}</p>' if refused else ""
    return f"""<h1>Winnow</h1>{told}<form method="post" action="/login">
<input type="hidden" name="next" value="{html.escape(local(onward))}">
<label for="name">Your name</label>
<input id="name" name="name" value="{html.escape(name)}" autocomplete="username" required maxlength="79" autofocus>
<label for="secret">Password, or your token</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required maxlength="1000">
<button>Log in</button></form>"""


def _page(body: str, status: int = 200) -> Response:
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Log in · Winnow</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
    return HTMLResponse(document, status, {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})
