"""The map in a real browser: a sample over its density, points anew on zooming, hits lit up, lassos added with Shift."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from app.browsing import ARTIFACTS, count, eventually, served, settled
from app.conftest import OpenTab
from winnow.catalog.filters import Filter
from winnow.workspace import Workspace
from winnow_app.parts.scatter_map.colours import CATEGORY_PALETTE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PIXELS = """([canvas, colours]) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const found = {};
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 40) continue;
    for (const colour of colours) {
      const far = [1, 3, 5].some((at, c) => Math.abs(parseInt(colour.slice(at, at + 2), 16) - data[i + c]) > 20);
      if (!far) found[colour] = [((i / 4) % width) / width, Math.floor(i / 4 / width) / height];
    }
  }
  return found;
}"""
"""Which colours of the palette are drawn, each with one place (a share of width and height) where it is."""


@dataclass
class Mapped:
    """An open Map page."""

    page: Page

    @property
    def stage(self) -> Locator:
        return self.page.get_by_label("Map of the documents.")

    def open(self, address: str) -> None:
        self.page.goto(address)
        settled(self.page)
        self.page.locator("[data-ready]").wait_for()
        self.page.wait_for_timeout(1500)

    @property
    def note(self) -> str:
        return self.page.locator(".legend-note").inner_text()

    def colours(self) -> dict[str, list[float]]:
        """Return the colours of the palette that are on the canvas."""
        canvas = self.stage.locator("canvas:not(.haze)").first.element_handle()
        found: dict[str, list[float]] = self.page.evaluate(PIXELS, [canvas, list(CATEGORY_PALETTE)])
        return found

    def at(self, share: list[float]) -> tuple[float, float]:
        box = self.stage.bounding_box()
        assert box is not None
        return box["x"] + share[0] * box["width"], box["y"] + share[1] * box["height"]

    def lasso(self, middle: list[float], *, shift: bool) -> None:
        """Draw a square of 80 pixels."""
        x, y = self.at(middle)
        page = self.page
        page.mouse.move(x - 40, y - 40)
        if shift:
            page.keyboard.down("Shift")
        page.mouse.down()
        for corner in ((40, -40), (40, 40), (-40, 40), (-40, -38)):
            page.mouse.move(x + corner[0], y + corner[1], steps=4)
        page.mouse.up()
        if shift:
            page.keyboard.up("Shift")
        settled(page)

    def lassos(self) -> int:
        return (self.page.locator(".lasso-outline").first.get_attribute("d") or "").count("M")

    @property
    def filter(self) -> Filter:
        return Filter.from_query(dict(parse_qsl(urlsplit(self.page.url).query)))


@pytest.fixture(scope="module")
def kept_corpus(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(corpus, tmp_path_factory.mktemp("map") / "corpus"))
    Workspace(folder).select("top", name="longest", share=0.5, settings={"column": "tokens"})
    return folder


@pytest.fixture(scope="module")
def address(kept_corpus: Path) -> Iterator[str]:
    with served(kept_corpus, ARTIFACTS / "map-server.log") as found:
        yield found


def test_a_person_reads_the_map(open_tab: OpenTab, address: str, kept_corpus: Path) -> None:
    seen, workspace = Mapped(open_tab(width=1366, height=768)), Workspace(kept_corpus)
    a_sample_lies_over_its_density_and_follows_the_zoom(seen, address)
    hits_light_up_and_open(seen, address, workspace)
    shift_adds_a_lasso(seen, address, workspace)
    kept_stands_against_dropped(seen, address, workspace)
    groups_fold(seen, address, workspace)


def a_sample_lies_over_its_density_and_follows_the_zoom(seen: Mapped, address: str) -> None:
    page = seen.page
    seen.open(f"{address}/map?color=source")
    expect(page.locator("canvas.haze")).to_be_hidden()
    assert seen.note == ""
    seen.open(f"{address}/map?color=source&points=30")
    expect(page.locator("canvas.haze")).to_be_visible()
    told = re.fullmatch(r"density of (\d+) documents, (\d+) drawn", seen.note)
    assert told is not None, seen.note
    assert told[1] == "39"
    assert 0 < int(told[2]) < 30
    page.screenshot(path=ARTIFACTS / "map-density.png")
    page.mouse.move(*seen.at(next(iter(seen.colours().values()))))
    page.keyboard.down("Control")
    for _ in range(3):
        page.mouse.wheel(0, -120)
        page.wait_for_timeout(100)
    page.keyboard.up("Control")
    eventually(lambda: "this view" in seen.note, "points of the view are drawn", page)
    settled(page)
    told = re.search(r"([\d,]+) documents (found )?in and around this view", seen.note)
    assert told is not None, seen.note
    assert 0 < int(told[1]) < 39


def hits_light_up_and_open(seen: Mapped, address: str, workspace: Workspace) -> None:
    """The word soup is in the kitchen's documents alone; the legend says which colour is theirs."""
    page = seen.page
    seen.open(f"{address}/map?color=source")
    before = seen.colours()
    assert len(before) >= 3
    seen.open(f"{address}/map?color=source&search=soup")
    assert count(page) == workspace.browse.count(Filter(search="soup")).documents == 13
    names = page.locator(".legend-name").all_inner_texts()
    lit = seen.colours()
    assert list(lit) == [CATEGORY_PALETTE[names.index("kitchen")]], "what was not found has stepped back into grey"
    place = seen.at(next(iter(lit.values())))
    page.mouse.move(*place)
    expect(page.get_by_role("tooltip").filter(has_text="kitchen")).to_be_visible()
    page.mouse.click(*place)
    eventually(lambda: "doc=" in page.url, "a document is open", page)
    settled(page)
    assert "soup" in page.locator(".winnow-text").first.inner_text()


def shift_adds_a_lasso(seen: Mapped, address: str, workspace: Workspace) -> None:
    page = seen.page
    seen.open(f"{address}/map?color=source")
    first, second, *_ = seen.colours().values()
    seen.lasso(first, shift=True)
    eventually(lambda: "lasso=" in page.url, "the lasso is in the address", page)
    settled(page)
    inside = count(page)
    assert 0 < inside < 39
    seen.lasso(second, shift=True)
    eventually(lambda: len(seen.filter.lassos) == 2, "the second one as well", page)
    settled(page)
    assert count(page) == workspace.browse.count(seen.filter).documents > inside
    assert seen.lassos() == 2
    expect(page.get_by_role("button", name="inside 2 lassos")).to_be_visible()
    page.keyboard.press("l")
    seen.lasso(second, shift=False)
    eventually(lambda: len(seen.filter.lassos) == 1, "a lasso without Shift takes their place", page)
    settled(page)
    assert seen.lassos() == 1
    page.keyboard.press("Escape")
    eventually(lambda: "lasso" not in page.url, "Escape takes it off", page)
    settled(page)
    assert (count(page), seen.lassos()) == (39, 0)


def kept_stands_against_dropped(seen: Mapped, address: str, workspace: Workspace) -> None:
    kept = len(workspace.catalog.selections.get("longest").read()[0])
    assert 0 < kept < 39
    seen.open(f"{address}/map?color=kept+by+longest")
    rows = seen.page.locator(".legend-row").all_inner_texts()
    assert [row.split() for row in rows] == [["kept", str(kept)], ["dropped", str(39 - kept)]]
    assert set(seen.colours()) == set(CATEGORY_PALETTE[:2])
    seen.page.screenshot(path=ARTIFACTS / "map-kept.png")


def groups_fold(seen: Mapped, address: str, workspace: Workspace) -> None:
    """A sign folds its group, a button all of them; what is chosen stays chosen, and the address tells what is folded."""
    page, found = seen.page, workspace.browse.clusters(Filter())
    sizes = found.groupby("cluster_top")["documents"].agg(["sum", "size"]).sort_values("sum", ascending=False)
    groups, rows = len(sizes), len(sizes) + len(found)
    assert groups > 1
    seen.open(f"{address}/map")
    cells = page.locator('[data-testid^="glide-cell-2-"]')
    expect(cells).to_have_count(rows)
    grid = page.get_by_test_id("data-grid-canvas").first

    def press(column: int, row: int) -> None:
        grid.click(position={"x": (16, 70)[column], "y": 17 + 33 * (row + 1)}, force=True)
        settled(page)

    press(0, rows - 1)
    expect(page.get_by_label("Rename it")).to_be_visible()
    press(1, 0)
    expect(cells).to_have_count(rows - int(sizes["size"].iloc[0]))
    expect(page.get_by_label("Rename it")).to_be_visible()
    page.get_by_role("button", name="Fold all").click()
    expect(cells).to_have_count(groups)
    expect(page.get_by_label("Rename it")).to_be_hidden()
    page.reload()
    settled(page)
    expect(cells).to_have_count(groups)
    page.get_by_role("button", name="Unfold all").click()
    expect(cells).to_have_count(rows)
