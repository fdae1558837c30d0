"""A person's way through a corpus in a real browser: search, lasso, label, select, export, share; and no link is dead."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.browsing import ARTIFACTS, ROOT, count, eventually, go, served, settled, unbroken
from app.conftest import OpenTab
from winnow.workspace import Workspace
from winnow_app.shell import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Watched:
    """A page, and where what it shows comes from."""

    page: Page
    address: str
    corpus: Path

    def shoot(self, name: str) -> None:
        settled(self.page)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")
        unbroken(self.page)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "corpus"
    workspace = Workspace.create(folder)
    workspace.ingest(sorted((ROOT / "assets" / "demo").glob("*.jsonl")))
    workspace.score(["shape", "tokens", "language", "pii", "duplicates", "quality", "toxicity"])
    workspace.cluster(12)
    return folder


@pytest.fixture(scope="module")
def address(corpus: Path) -> Iterator[str]:
    with served(corpus, ARTIFACTS / "server.log") as found:
        yield found


def test_a_person_works_through_a_corpus(open_tab: OpenTab, address: str, corpus: Path, tmp_path: Path) -> None:
    seen = Watched(open_tab(width=1440, height=900), address, corpus)
    home(seen)
    search_and_read(seen)
    filter_by_a_facet(seen)
    share_a_view(seen, open_tab(width=1440, height=900))
    lasso_the_map(seen)
    label_by_keys(seen)
    select_the_best(seen)
    export_and_verify(seen, tmp_path / "best")
    go(seen.page, "Jobs")
    seen.shoot("8-jobs")
    follow_every_link(seen)


def home(seen: Watched) -> None:
    seen.page.goto(seen.address)
    expect(seen.page.get_by_role("heading", name="What is in this corpus")).to_be_visible()
    seen.shoot("1-home")


def search(page: Page, words: str) -> None:
    box = page.get_by_label("Words", exact=True)
    box.fill(words)
    box.press("Enter")
    eventually(lambda: f"search={words}" in page.url, f"'{words}' is in the address", page)
    settled(page)


def opened(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query).get("doc", [""])[0]


def search_and_read(seen: Watched) -> None:
    page = seen.page
    go(page, "Explore")
    everything = count(page)
    search(page, "water")
    assert 0 < count(page) < everything
    marks = page.locator("mark.term")
    assert marks.count() > 0
    assert {text.lower() for text in marks.all_text_contents()} == {"water"}
    seen.shoot("2-explore")
    page.locator('[class*="st-key-open-"] button:visible').first.click()
    eventually(lambda: opened(page), "a document is open", page)
    settled(page)
    first = opened(page)
    assert page.locator(".winnow-text mark.term").count() > 0
    seen.shoot("3-document")
    page.keyboard.press("ArrowRight")
    eventually(lambda: opened(page) not in ("", first), "the next document is open", page)
    settled(page)
    page.keyboard.press("ArrowLeft")
    eventually(lambda: opened(page) == first, "the first document is open again", page)
    settled(page)
    page.keyboard.press("Escape")
    eventually(lambda: not opened(page), "the document is closed", page)
    settled(page)


def filter_by_a_facet(seen: Watched) -> None:
    page = seen.page
    facet = page.locator("details").filter(has_text="cluster top").locator(".value .pick").nth(1)
    name, number = facet.locator(".name").inner_text(), int(facet.locator(".count").inner_text().replace(",", ""))
    facet.click()
    eventually(lambda: count(page) == number, f"the count is that of '{name}'", page)
    expect(page.get_by_role("button", name=f"cluster_top is {name}")).to_be_visible()
    page.go_back()
    eventually(lambda: count(page) > number, "the browser's back button takes the facet away", page)
    page.go_forward()
    eventually(lambda: count(page) == number, "and forward brings it again", page)
    settled(page)


def pills(page: Page) -> list[str]:
    return sorted(page.locator('[class*="st-key-bar-in"], [class*="st-key-bar-search"]').all_inner_texts())


def share_a_view(seen: Watched, there: Page) -> None:
    there.goto(seen.page.url)
    settled(there)
    assert count(there) == count(seen.page)
    assert len(pills(there)) >= 2
    assert pills(there) == pills(seen.page)
    seen.page.get_by_role("button", name="Clear all").click()
    eventually(lambda: "search" not in seen.page.url, "the filter is gone", seen.page)
    settled(seen.page)


def lasso_the_map(seen: Watched) -> None:
    page = seen.page
    go(page, "Map")
    everything = count(page)
    stage = page.get_by_label("Map of the documents.")
    stage.locator("canvas:visible").first.wait_for()
    page.wait_for_timeout(2500)
    box = stage.bounding_box()
    assert box is not None
    corners = [(0.45, 0.2), (0.7, 0.25), (0.95, 0.2), (0.95, 0.6), (0.9, 0.95), (0.6, 0.9), (0.4, 0.9), (0.45, 0.22)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.keyboard.down("Shift")
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")
    eventually(lambda: "lasso=" in page.url, "the lasso is in the address", page)
    settled(page)
    inside = count(page)
    assert 0 < inside < everything
    seen.shoot("4-map")
    go(page, "Explore")
    assert count(page) == inside


def label_by_keys(seen: Watched) -> None:
    page, labels = seen.page, Workspace(seen.corpus).labels
    go(page, "Label")
    page.get_by_label("Your name").fill("ada")
    page.get_by_role("button", name="Start labelling").click()
    page.locator(".st-key-desk").wait_for()
    settled(page)
    keys = {"1": "keep", "2": "drop", "3": "unsure"}
    for number, key in enumerate("12131", start=1):
        page.keyboard.press(key)
        eventually(
            lambda number=number: len(labels.standing("label", "ada")) == number, f"label {number} is kept", page
        )
        settled(page)
        assert labels.standing("label", "ada", 1)[0].value == keys[key]
    page.keyboard.press("Backspace")
    eventually(lambda: len(labels.standing("label", "ada")) == 4, "the last label is taken back", page)
    settled(page)
    box = page.get_by_label("Words", exact=True)
    if not box.is_visible():
        # The switch is on already when a view came along from the pages before.
        page.get_by_test_id("stCheckbox").filter(has_text="Filter").click()
    box.click()
    page.keyboard.type("123")
    page.wait_for_timeout(1500)
    assert box.input_value() == "123"
    assert len(labels.standing("label", "ada")) == 4, "keys written into a box are no answers"
    box.fill("")
    box.press("Enter")
    seen.shoot("5-label")


def select_the_best(seen: Watched) -> None:
    page = seen.page
    go(page, "Select")
    for typed, name in (("gumb", "gumbel"), ("top", "top")):
        page.get_by_role("combobox", name="Method", exact=True).fill(typed)
        page.get_by_role("option", name=name, exact=True).click()
        settled(page)
    page.get_by_role("slider").first.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.get_by_text("20%", exact=True).first.wait_for()
    settled(page)
    page.get_by_label("Keep it under a name").fill("best")
    page.get_by_role("button", name="Save selection").click()
    kept_names = Workspace(seen.corpus).catalog.selections.all
    eventually(lambda: "best" in [made.name for made in kept_names()], "the selection is kept", page)
    expect(page.get_by_text("best is kept")).to_be_visible()
    seen.shoot("6-select")
    kept = Workspace(seen.corpus).catalog.selections.get("best")
    assert kept.recipe["method"]["method"] == "top"
    assert kept.summary["asked"] == {"share": 0.2}


def export_and_verify(seen: Watched, folder: Path) -> None:
    page, jobs = seen.page, Workspace(seen.corpus).catalog.jobs
    go(page, "Export")
    box = page.get_by_role("textbox", name="Folder on the machine that serves this page")
    box.fill(str(folder))
    box.press("Enter")
    settled(page)
    page.get_by_role("button", name="Write the files").click()
    eventually(lambda: jobs.all(1)[0].verb == "export", "the job is written down", page)
    eventually(lambda: jobs.all(1)[0].state not in ("queued", "running"), "the job ends", page)
    assert jobs.all(1)[0].state == "done", jobs.all(1)[0].error
    seen.shoot("7-export")
    command = [sys.executable, "-m", "winnow", "-w", str(seen.corpus), "export", "--verify", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page.get_by_role("button", name=re.compile("Files")).first.click()
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download as a zip").click()
    with zipfile.ZipFile(fetched.value.path()) as archive:
        assert f"{folder.name}/manifest.json" in archive.namelist()
    seen.shoot("7-files")


def follow_every_link(seen: Watched) -> None:
    """Open every page and every address that one links to; Streamlit says of a page that is missing so, here and on the console."""
    page, nowhere = seen.page, seen.page.get_by_text("Page not found")
    here, found = {f"{seen.address}/{name}" for name in PAGES}, set()
    for href in sorted(here):
        page.goto(href)
        settled(page)
        assert not nowhere.count(), href
        found |= set(page.locator("a[href]").evaluate_all("(all) => all.map((one) => one.href)"))
    inside = {href.partition("?")[0] for href in found if href.startswith(seen.address)}
    assert len(inside) >= len(PAGES)
    for href in sorted(inside - here):
        page.goto(href)
        settled(page)
        assert not nowhere.count(), href
        _, mark, name = href.partition("#")
        assert not mark or page.evaluate("(id) => document.getElementById(id) !== null", name), href
    for href in found - {href for href in found if href.startswith(seen.address)}:
        # There is no network to ask; what is cited stands at a whole address of a paper or a project.
        assert re.fullmatch(r"https://[a-z0-9.-]+\.[a-z]+/\S+", href), href
