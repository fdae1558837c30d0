"""The watch over pages can fail: what goes wrong on one is written down."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from app.browsing import unbroken, watched

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("console.error('a fault')", "console: a fault"),
        ("setTimeout(() => missing())", "missing is not defined"),
        ("alert(1)", "dialog: 1"),
        ("fetch('https://example.invalid/x').catch(() => 0)", "asked for https://example.invalid/x"),
    ],
)
def test_trouble_on_a_page_is_heard(browser: Browser, script: str, said: str) -> None:
    trouble: list[str] = []
    page = watched(browser, trouble)
    page.set_content(f"<body><script>{script}</script></body>")
    page.wait_for_timeout(100)
    page.context.close()
    assert any(said in line for line in trouble), trouble


@pytest.mark.parametrize(
    "body", ["Traceback", "Something unexpected happened", '<div data-testid="stException"></div>']
)
def test_an_error_that_a_page_shows_is_seen(browser: Browser, body: str) -> None:
    page = watched(browser, [])
    page.set_content("<body>all is well</body>")
    unbroken(page)
    page.set_content(f"<body>{body}</body>")
    with pytest.raises(AssertionError):
        unbroken(page)
    page.context.close()
