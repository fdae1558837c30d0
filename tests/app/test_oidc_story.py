"""Logging in through OpenID Connect, with a provider of the test's own and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.browsing import ARTIFACTS, free_port, served
from oidc_provider import CLIENT, SECRET, Provider, provider
from winnow.catalog.people import People
from winnow.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Guarded:
    """A server behind a provider."""

    address: str
    provider: Provider
    people: People


@pytest.fixture(scope="module")
def guarded(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder, port = tmp_path_factory.mktemp("oidc"), free_port()
    people = Workspace(shutil.copytree(corpus, folder / "corpus")).catalog.people
    people.add("ana@lab.example", "curator")
    people.set_role("others", "reader")
    with provider() as server:
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit" / "secrets.toml").write_text(
            f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{"x" * 40}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "{server.address}/.well-known/openid-configuration"\n'
        )
        with served(folder / "corpus", ARTIFACTS / "oidc-server.log", port=port, folder=folder) as address:
            yield Guarded(address, server, people)


def entered(browser: Browser, guarded: Guarded, claims: dict[str, object]) -> Page:
    """Log in as a person, in a window of one's own."""
    guarded.provider.claims = claims
    page = browser.new_context().new_page()
    page.goto(guarded.address)
    page.get_by_role("button", name="Log in").click()
    return page


def test_people_come_in_with_the_role_that_the_corpus_gives_them(browser: Browser, guarded: Guarded) -> None:
    page = entered(browser, guarded, {"email": "ana@lab.example", "email_verified": True, "name": "Ana"})
    expect(page.locator(".winnow-who")).to_contain_text("ana@lab.example · curator")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    mine = next(cookie for name, cookie in cookies.items() if name.startswith("_streamlit_user"))
    assert mine["httpOnly"]
    assert mine["sameSite"] in ("Lax", "Strict")
    guarded.people.set_role("ana@lab.example", "reader")
    page.goto(f"{guarded.address}/select")
    expect(page.get_by_text("you are a reader")).to_be_visible()
    guarded.people.set_role("ana@lab.example", "curator")
    page.context.close()


def test_who_logs_out_sees_nothing_more(browser: Browser, guarded: Guarded) -> None:
    page = entered(browser, guarded, {"email": "ana@lab.example", "email_verified": True})
    expect(page.locator(".winnow-who")).to_contain_text("ana@lab.example")
    page.goto(f"{guarded.address}/explore")
    expect(page.get_by_text("of 39 documents")).to_be_visible()
    expect(page.get_by_role("link", name="Log out")).to_have_count(0)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    for _ in range(2):
        page.go_back()
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        expect(page.get_by_text("of 39 documents")).to_have_count(0)
    assert page.request.get(f"{guarded.address}/api/v1/count").status == 401
    page.context.close()


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@lab.example", "email_verified": True},
        {"email": "ana@lab.example", "email_verified": False, "sub": "eve"},
        {"name": "ana@lab.example", "sub": "eve"},
    ],
    ids=["another", "an address nobody vouches for", "a display name"],
)
def test_nobody_gets_the_role_of_somebody_else(browser: Browser, guarded: Guarded, claims: dict[str, object]) -> None:
    page = entered(browser, guarded, claims)
    expect(page.locator(".winnow-who")).to_contain_text("· reader")
    page.context.close()


def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(browser: Browser, guarded: Guarded) -> None:
    from joserfc.jwk import RSAKey

    guarded.provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    page = entered(browser, guarded, {"email": "ana@lab.example", "email_verified": True})
    page.wait_for_timeout(2000)
    page.goto(guarded.address)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert page.request.get(f"{guarded.address}/api/v1/count").status == 401
    page.context.close()
    guarded.provider.key = guarded.provider.known
