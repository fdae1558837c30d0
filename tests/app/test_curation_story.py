"""Learn, Compare and Duplicates in a real browser: a rater from labels, selections beside chance, copies and what is kept."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.browsing import ARTIFACTS, count, eventually, go, served, settled
from app.conftest import OpenTab
from app.invented import documents
from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A corpus of three sources, of which somebody kept the kitchen, with two selections."""
    folder = tmp_path_factory.mktemp("curation")
    made = Workspace.create(folder / "corpus")
    made.ingest([write_lines(folder / "pages.jsonl", documents())])
    made.score(["shape", "tokens", "duplicates", "near_duplicates", "quality"])
    made.cluster(3)
    rows = made.sql("SELECT doc_id, source FROM docs").to_pylist()
    said = [{"doc_id": row["doc_id"], "value": "keep" if row["source"] == "kitchen" else "drop"} for row in rows]
    made.labels.add_many(said, who="ana", schema="label")
    made.select("random", name="kitchen", share=1.0, filter=Filter(where="source = 'kitchen'"))
    made.select("random", name="half", share=0.5)
    return made


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    with served(workspace.folder, ARTIFACTS / "curation-server.log") as found:
        yield found


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    settled(page)
    return page


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    settled(page)


def test_labels_become_a_rater_and_the_rater_an_order(open_tab: OpenTab, address: str, workspace: Workspace) -> None:
    page = opened(open_tab(), f"{address}/learn")
    expect(page.get_by_text("label: drop 26, keep 13")).to_be_visible()
    title = page.get_by_label("Name of the rater and its column")
    title.fill("tasty")
    title.press("Enter")
    settled(page)
    page.get_by_role("button", name="Fit and rate the corpus").click()
    expect(page.get_by_text("It is better than the trivial rater")).to_be_visible()
    expect(page.locator(".js-plotly-plot:visible").nth(1)).to_be_visible()
    page.screenshot(path=ARTIFACTS / "learn-card.png", full_page=True)
    page.get_by_role("button", name="Explore by it").click()
    eventually(lambda: "/explore" in page.url, "Explore is open", page)
    settled(page)
    expect(page.locator('[class*="st-key-result-"]').first).to_contain_text("kitchen")
    workspace.labels.add(0, "drop", who="ana")
    go(page, "Learn")
    expect(page.get_by_text("Out of date: 1 labels changed since it was fitted")).to_be_visible()
    page.get_by_role("button", name="Fit it again").click()
    [card] = workspace.raters.all()
    eventually(lambda: not workspace.raters.stale(workspace.raters.all()[0]), "it is fitted again", page)
    assert workspace.raters.all()[0].run != card.run
    expect(page.get_by_text("Out of date")).to_have_count(0)


def test_selections_stand_beside_chance_and_the_command_says_the_same(
    open_tab: OpenTab, address: str, workspace: Workspace
) -> None:
    page = opened(open_tab(), f"{address}/compare?names=kitchen,half")
    for name in ("Overlap", "Per source", "Per cluster", "Spread"):
        tab(page, name)
        expect(page.locator(".js-plotly-plot:visible")).to_have_count(1)
    page.get_by_role("button", name="quality", exact=True).or_(page.get_by_role("radio", name="quality")).first.click()
    settled(page)
    expect(page.locator(".js-plotly-plot:visible")).to_have_count(1)
    page.screenshot(path=ARTIFACTS / "compare.png", full_page=True)
    page.locator('[data-testid="stMultiSelect"]').get_by_role("button", name="half").locator("svg").click()
    eventually(lambda: page.url.endswith("names=kitchen"), "one is left in the address", page)
    settled(page)
    command = shlex.split(page.locator('[data-testid="stCode"] code').inner_text())
    assert command[0] == "winnow"
    done = subprocess.run(
        [sys.executable, "-m", *command, "--json"], capture_output=True, text=True, check=False, cwd=workspace.folder
    )
    assert done.returncode == 0, done.stderr
    sides = json.loads(done.stdout)["sides"]
    assert [side["name"] for side in sides] == ["corpus", "kitchen", "random", "balanced random"]


def test_copies_are_looked_at_dropped_and_left_behind(open_tab: OpenTab, address: str, workspace: Workspace) -> None:
    page = opened(open_tab(), f"{address}/duplicates?copies=near")
    expect(page.locator(".winnow-difference ins").first).to_be_visible()
    tab(page, "How alike is alike")
    expect(page.locator(".js-plotly-plot:visible")).to_have_count(2)
    page.get_by_role("radio", name="Exact copies").or_(page.get_by_role("button", name="Exact copies")).first.click()
    settled(page)
    expect(page.get_by_text("2 documents of group 0, the kept one first")).to_be_visible()
    expect(page.get_by_text("the same words")).to_be_visible()
    page.get_by_placeholder("your name, to keep or drop by hand").fill("ada")
    page.keyboard.press("Enter")
    settled(page)
    # Somebody may have dropped the first one already: its button stays off.
    drop = page.get_by_role("button", name="Drop", exact=True, disabled=False).first
    drop.click()
    eventually(lambda: len(workspace.labels.standing("label", "ada")) == 1, "her label stands", page)
    [said] = workspace.labels.standing("label", "ada")
    assert said.value == "drop"
    expect(page.locator(f'[class*="st-key-member-{said.doc_id}"]')).to_contain_text("drop by hand")
    page.screenshot(path=ARTIFACTS / "duplicates.png", full_page=True)
    tab(page, "Which one is kept")
    # Row 2 of the table: its marker stands at the left, below the head.
    page.locator('[data-testid="stDataFrame"]:visible').click(position={"x": 15, "y": 35 + 35 + 17})
    words = page.get_by_text(re.compile(r"^Left: ")).inner_text()
    before = len(workspace.catalog.jobs.all())
    page.get_by_role("button", name="Keep the ").click()
    eventually(lambda: len(workspace.catalog.jobs.all()) > before, "the job is written down", page)
    eventually(lambda: workspace.catalog.jobs.all(1)[0].state == "done", "the job ends", page)
    assert policy(workspace) != "longest"
    # The end of the job draws the page anew: neither this click nor what it says may be lost by that.
    page.get_by_role("button", name="Save selection").click()
    eventually(lambda: "without-exact-copies" in names(workspace), "the selection is kept", page)
    kept = workspace.catalog.selections.get("without-exact-copies").summary["documents"]
    expect(page.get_by_text(f"without-exact-copies is kept: {kept} documents")).to_be_visible()
    settled(page)
    assert words.startswith(f"Left: {kept} of 39 documents")
    page.get_by_role("button", name="Look at them").click()
    eventually(lambda: "/explore" in page.url, "Explore is open", page)
    settled(page)
    assert count(page) == kept


def names(workspace: Workspace) -> list[str]:
    return [selection.name for selection in workspace.catalog.selections.all()]


def policy(workspace: Workspace) -> str:
    run = workspace.catalog.manifest.run("columns", "duplicates")
    return str(run.recipe["policy"]) if run else ""
