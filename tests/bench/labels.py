"""How fast labelling is, on a copy of a corpus: labels.py CORPUS [--answers N]: in this process, and as seen in a browser."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from playwright.sync_api import Page

from app.browsing import opened_browser, served, settled
from winnow.catalog.filters import Filter
from winnow.errors import WinnowError
from winnow.jobs.label_doubts import doubts, enough
from winnow.jobs.label_queue import AGAIN, BY_COLUMN, ORDERS, next_items
from winnow.jobs.label_review import team_agreement
from winnow.jobs.labels import answer, answer_all, progress, undo
from winnow.workspace import Workspace

WATCH = """() => {
  const reading = () => document.querySelector(".desk .reading");
  window.times = [];
  let pressed = 0;
  document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  new MutationObserver(() => {
    if (!pressed) return;
    const from = pressed;
    pressed = 0;
    // The frame after the one in which the text was changed: then it is on the screen.
    requestAnimationFrame(() => requestAnimationFrame(() => window.times.push(performance.now() - from)));
  }).observe(reading(), { childList: true, subtree: true });
}"""


def show(what: str, seconds: list[float]) -> None:
    """Print one figure in milliseconds."""
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    sys.stdout.write(f"{what:<58} n={len(seconds):<4} p50 {p50:8.1f} ms   p95 {p95:8.1f} ms\n")


def timed(what: str, call: Callable[[], object], times: int) -> None:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        try:
            call()
        except WinnowError as reason:
            sys.stdout.write(f"{what}: {reason}\n")
            return
        found.append(time.perf_counter() - start)
    show(what, found)


def in_process(workspace: Workspace) -> None:
    """Time what a page asks the backend."""
    catalog = workspace.catalog
    ids = iter(np.random.default_rng(0).permutation(catalog.manifest.documents()).tolist())
    workspace.browse.count(Filter())
    timed("an answer written", lambda: answer(catalog, "label", next(ids), "keep", "ana", seconds=2.0), 200)
    timed("an undo", lambda: undo(catalog, "label", "ana"), 50)
    for turn, doc_id in enumerate(ids):
        answer(catalog, "label", doc_id, "keep" if turn % 3 else "drop", "ana" if turn % 2 else "ben", seconds=2.0)
        if turn == 400:
            break
    timed("progress of everybody", lambda: progress(catalog, "label", "ana"), 50)
    for order in ORDERS:
        column = "quality" if order in BY_COLUMN else ""
        timed(
            f"the next 50: {order}{' (again)' if order in AGAIN else ''}",
            lambda order=order, column=column: next_items(catalog, "label", "ana", order=order, column=column, limit=50), 7,
        )  # fmt: skip
    timed("agreement of two people", lambda: team_agreement(catalog, "label"), 3)
    timed("suspects among 400 labels", lambda: doubts(catalog, "label"), 3)
    timed("are 400 labels enough", lambda: enough(catalog, "label"), 3)
    count = catalog.manifest.documents()
    timed(
        f"one answer for all {count:,} documents",
        lambda: answer_all(catalog, "label", "keep", "all", filter=Filter(), expected=count), 1,
    )  # fmt: skip
    timed("its undo", lambda: undo(catalog, "label", "all"), 1)
    workspace.browse.count(Filter())


def in_browser(page: Page, address: str, workspace: Workspace, answers: int) -> None:
    """Time key presses until the next document is on the screen, and until the answer is kept."""
    page.goto(f"{address}/label")
    page.get_by_label("Your name").fill("speed")
    page.get_by_role("button", name="Start labelling").click()
    page.locator(".desk .text").first.wait_for(timeout=90_000)
    settled(page)
    page.evaluate(WATCH)
    kept = []
    for turn in range(answers):
        before, start = workspace.labels.last, time.perf_counter()
        page.keyboard.press("1" if turn % 2 else "2")
        while workspace.labels.last == before:
            time.sleep(0.002)
        kept.append(time.perf_counter() - start)
        page.wait_for_timeout(400)
    shown = page.evaluate("() => window.times")
    show("a key pressed: the next document is on the screen", [ms / 1000 for ms in shown])
    show("a key pressed: the answer is in the log", kept)


@contextmanager
def copied(corpus: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="winnow-labels-") as folder:
        yield Path(shutil.copytree(corpus, Path(folder) / "corpus"))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("corpus", type=Path, help="a corpus with vectors, clusters and the column quality; it is copied")
    asked.add_argument("--answers", type=int, default=100, help="answers given in the browser")
    told = asked.parse_args()
    with copied(told.corpus) as folder:
        workspace = Workspace(folder)
        load = os.getloadavg()[0]
        sys.stdout.write(
            f"{workspace.catalog.manifest.documents():,} documents, {os.cpu_count()} cores, load {load:.1f}\n"
        )
        in_process(workspace)
        with served(folder, Path(folder).parent / "server.log") as address, opened_browser() as browser:
            page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
            in_browser(page, address, workspace, told.answers)
        sys.stdout.write(f"load at the end {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    main()
