"""Coming in with the shared password and leaving, in a real browser: after that nothing of the corpus is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.browsing import ARTIFACTS, PATIENCE, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def address(corpus: Path) -> Iterator[str]:
    with served(corpus, ARTIFACTS / "password-server.log", password=PASSWORD) as found:
        yield found


def log_in(page: Page, address: str, onward: str) -> None:
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(f"{address}/{onward}")
    page.get_by_label("Your name").fill("ana")
    page.get_by_label("Password, or your token").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    settled(page)


def test_who_logs_out_sees_nothing_more(browser: Browser, address: str) -> None:
    page = browser.new_context().new_page()
    log_in(page, address, "explore?search=soup")
    assert "/explore?search=soup" in page.url
    expect(page.locator(".winnow-who")).to_contain_text("ana · curator")
    desk = page.context.new_page()
    desk.goto(f"{address}/label")
    text = desk.locator(".desk .text")
    text.first.wait_for()
    [cookie] = [cookie for cookie in page.context.cookies() if cookie["name"] == "winnow_session"]
    page.get_by_role("link", name="Log out").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password, or your token")).to_be_visible()
    for _ in range(3):
        page.go_back()
        expect(page.get_by_role("button", name="Log out").or_(page.get_by_label("Your name"))).to_be_visible()
        expect(page.locator(".winnow-snippet, .winnow-text, [class*=st-key-result-]")).to_have_count(0)
    stolen = browser.new_context(extra_http_headers={"Cookie": f"winnow_session={cookie['value']}"})
    assert stolen.request.get(f"{address}/api/v1/count").status == 401
    # What was open in another tab shows no more of it once it asks for anything.
    desk.keyboard.press("1")
    expect(text).to_have_count(0)
    desk.reload()
    expect(desk.get_by_label("Password, or your token")).to_be_visible()
    stolen.close()
    page.context.close()
