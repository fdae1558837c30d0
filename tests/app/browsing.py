"""A served corpus and a browser to look at it with: for the browser test and the screenshots."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "test-artifacts"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--force-prefers-reduced-motion",
]  # fmt: skip
PATIENCE = 90.0
"""How long anything may take on a machine that does other things, in seconds."""
HARMLESS = "/_stcore/"
"""Streamlit's front end looks for its server under the path of each page first and takes the 404 as an answer."""
expect.set_options(timeout=PATIENCE * 1000)


def browser_path() -> str:
    """Return where a Chromium is, or an empty string."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


@contextmanager
def opened_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def watched(
    browser: Browser,
    trouble: list[str],
    scheme: Literal["dark", "light"] = "light",
    width: int = 1366,
    height: int = 768,
) -> Page:
    """Open an empty page that writes down errors, dialogs and requests to other machines."""
    page = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme).new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.on("console", lambda said: _hear(said.type, said.text, said.location.get("url", ""), trouble))
    page.on("pageerror", lambda error: trouble.append(f"error on the page: {error}"))
    page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: _look(request.url, trouble))
    return page


def _hear(kind: str, text: str, url: str, trouble: list[str]) -> None:
    if kind == "error" and HARMLESS not in url:
        trouble.append(f"console: {text} ({url})")


def _look(url: str, trouble: list[str]) -> None:
    if urlsplit(url).hostname not in (None, "127.0.0.1", "localhost") and not url.startswith(("data:", "blob:")):
        trouble.append(f"asked for {url}")


def unbroken(page: Page) -> None:
    """Raise AssertionError where a page shows an error of the program."""
    text = page.locator("body").inner_text()
    assert "Traceback" not in text, page.url
    assert "Something unexpected" not in text, page.url
    assert not page.get_by_test_id("stException").count(), page.url


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def served(corpus: Path, log: Path, *, port: int = 0, folder: Path | None = None, password: str = "") -> Iterator[str]:
    """Run `winnow app` in a folder, on a free port, and give its address; the whole process group ends with the block."""
    guarded = {"WINNOW_PASSWORD": password} if password else {}
    port = port or free_port()
    command = [sys.executable, "-m", "winnow", "-w", str(corpus), "app", "--port", str(port)]
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, cwd=folder, env=os.environ | guarded
        )
        try:
            eventually(lambda: _answers(port), "the server answers")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def eventually(true: Callable[[], object], what: str, page: Page | None = None) -> None:
    """Wait until something holds; raises AssertionError."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"after {PATIENCE:.0f} s it still does not hold that {what}"
        page.wait_for_timeout(150) if page is not None else time.sleep(0.15)


def settled(page: Page) -> None:
    """Wait until the script has run and nothing on the page is being drawn anew."""
    page.locator('[data-testid="stApp"]').wait_for(timeout=PATIENCE * 1000)
    busy = page.locator('[data-test-script-state="running"], [data-testid="stSkeleton"], [data-stale="true"]')
    quiet = 0
    end = time.monotonic() + PATIENCE
    while quiet < 3:
        quiet = 0 if busy.count() else quiet + 1
        assert time.monotonic() < end, f"{page.url} is still being drawn"
        page.wait_for_timeout(200)


def go(page: Page, name: str) -> None:
    """Follow the link of the navigation to a page."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name).first.click()
    eventually(lambda: f"/{name.lower()}" in page.url or name == "Home", f"{name} is open", page)
    settled(page)


def count(page: Page) -> int:
    """Return how many documents the bar above the list says are left."""
    words = page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ documents")).first.text_content(timeout=PATIENCE * 1000)
    return int((words or "0").split()[0].replace(",", ""))
