"""Logging in: the form, the cookie's flags, where people are sent, and out again."""

from __future__ import annotations

from winnow.api.attempts import EACH
from winnow.api.visitors import COOKIE, Door
from winnow.workspace import Workspace

from .conftest import PASSWORD, Asker


def test_people_come_in_go_on_where_they_wanted_and_leave(corpus: Workspace, ask: Asker) -> None:
    client = ask(corpus, Door(PASSWORD))
    form = client.get("/login?next=/explore%3Fsearch%3Dx")
    assert 'value="/explore?search=x"' in form.text
    told = {"name": "ana", "secret": PASSWORD, "next": "/explore?search=x"}
    inside = client.post("/login", data=told)
    assert (inside.status_code, inside.headers["location"]) == (303, "/explore?search=x")
    flags = inside.headers["set-cookie"].lower()
    assert "httponly" in flags
    assert "samesite=lax" in flags
    assert "path=/" in flags
    assert "secure" not in flags
    assert PASSWORD not in inside.headers["set-cookie"]
    assert client.get("/api/v1/me").json() == {"name": "ana", "role": "curator"}
    assert client.get("/logout").status_code == 200
    assert client.post("/logout").headers["location"] == "/login"
    assert COOKIE not in client.cookies
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_that_was_left_is_dead_wherever_its_cookie_is(corpus: Workspace, ask: Asker) -> None:
    client, elsewhere = ask(corpus, Door(PASSWORD)), ask(corpus, Door(PASSWORD))
    told = {"name": "ana", "secret": PASSWORD}
    copied = client.post("/login", data=told).cookies[COOKIE]
    kept = elsewhere.post("/login", data=told).cookies[COOKIE]
    client.post("/logout")
    after_a_restart = ask(corpus, Door(PASSWORD))
    for server in (client, after_a_restart):
        server.cookies.set(COOKIE, copied)
        assert server.get("/api/v1/me").status_code == 401
    after_a_restart.cookies.set(COOKIE, kept)
    assert after_a_restart.get("/api/v1/me").json()["name"] == "ana", "a log-in of one's own elsewhere goes on"
    assert client.post("/logout").status_code == 303, "leaving twice does no harm"


def test_behind_a_password_browsers_keep_nothing(corpus: Workspace, ask: Asker) -> None:
    assert ask(corpus, Door(PASSWORD)).get("/login").headers["cache-control"] == "no-store"
    assert ask(corpus, Door(PASSWORD)).get("/explore").headers["cache-control"] == "no-store"


def test_over_https_the_cookie_is_secure(corpus: Workspace, ask: Asker) -> None:
    client = ask(corpus, Door(PASSWORD))
    inside = client.post("https://localhost/login", data={"name": "ana", "secret": PASSWORD})
    assert "secure" in inside.headers["set-cookie"].lower()


def test_what_was_typed_stays_text_and_the_secret_is_not_repeated(corpus: Workspace, ask: Asker) -> None:
    evil = '"><script>alert(1)</script>'
    told = {"name": evil, "secret": "a wrong guess", "next": "javascript:alert(1)"}
    answer = ask(corpus, Door(PASSWORD)).post("/login", data=told)
    assert answer.status_code == 401
    assert "<script>" not in answer.text
    assert "javascript:" not in answer.text
    assert "a wrong guess" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_nobody_is_sent_to_another_site(corpus: Workspace, ask: Asker) -> None:
    client = ask(corpus, Door(PASSWORD))
    for onward in ("//evil.example", "/\\evil.example", "https://evil.example", "/\tx", ""):
        sent = client.post("/login", data={"name": "ana", "secret": PASSWORD, "next": onward})
        assert sent.headers["location"] == "/", onward


def test_guessing_is_told_to_wait(corpus: Workspace, ask: Asker) -> None:
    client = ask(corpus, Door(PASSWORD))
    for _ in range(EACH):
        assert client.post("/login", data={"name": "e", "secret": "guess"}).status_code == 401
    assert client.post("/login", data={"name": "e", "secret": PASSWORD}).status_code == 429
    slow = client.get("/api/v1/count", headers={"Authorization": "Bearer x"})
    assert slow.status_code == 429
    assert int(slow.headers["retry-after"]) > 0


def test_a_form_that_is_too_long_is_no_log_in(corpus: Workspace, ask: Asker) -> None:
    answer = ask(corpus, Door(PASSWORD)).post("/login", data={"name": "a" * 10_000, "secret": PASSWORD})
    assert answer.status_code == 401
