"""Prove in a real browser: a finished proof says what it found and shows why, a running one says how far it is."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.browsing import ARTIFACTS, served, settled
from app.conftest import OpenTab
from invented_proof import plan, result
from winnow.prove.results import run_folder, write_curve, write_json, write_result
from winnow.prove.runs import write_set
from winnow.prove.train import Point
from winnow.workspace import Workspace

TEXTS = [f"Invented text {number} of the harbour and the ferry." for number in range(12)]
LENGTHS = [len(text) for text in TEXTS]
ARMS = {"kitchen": -0.30, "garden": 0.20, "dga": -0.10, "random": 0.0}
SEEDS = (0, 1, 2)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def invented(root: Path, name: str, finished: int, texts: tuple[str, ...] = ("target", "general")) -> None:
    """Write a proof of four arms and three seeds of which so many runs are finished and one is at work."""
    arms = {arm: {"kind": "selection", "documents": 12, "tokens": 240, "mix": {"kitchen": 1.0}} for arm in ARMS}
    arms["dga"] |= {"kind": "online", "by": "source", "recipe": {"method": "dga"}}
    sets = {
        one: {"kind": "texts", "count": 12, "bytes": sum(LENGTHS), "lengths": LENGTHS, "sha256": "0" * 64}
        for one in texts
    }
    made = plan(
        name=name,
        tier={"name": "ci", "tokens": 1000},
        seeds=SEEDS,
        arms=arms,
        sets=sets,
        guards={"documents held out": 3},
    )
    made.write(root)
    for one in sets:
        write_set(root, one, TEXTS)
    for arm, seed in made.runs()[: finished + 1]:
        folder = run_folder(root, arm, seed)
        folder.mkdir(parents=True)
        points = points_of(arm, seed, 10 if finished >= len(made.runs()) else 4, texts)
        write_curve(folder, list(points))
    for arm, seed in made.runs()[:finished]:
        # The first text gains, or loses, most and the last least; the mean stays what the arm is said to do.
        gains = ARMS[arm] * (1 + 0.02 * (5.5 - np.arange(12)))
        nats = np.array(LENGTHS) * (2.0 + gains + 0.01 * seed)
        losses = {one: nats * (1.0 if one == "target" else 1.1) for one in sets}
        write_result(root, result(arm, seed, [30.0], points=points_of(arm, seed, 10, texts), losses=losses))
        groups = {"groups": {"kitchen": [0.3, 0.6 + 0.01 * seed], "garden": [0.7, 0.4 - 0.01 * seed]}}
        if arm == "dga":
            write_json(run_folder(root, arm, seed) / "steered.json", {**groups, "trajectory": [], "extra": 0})


def points_of(arm: str, seed: int, count: int, texts: tuple[str, ...]) -> tuple[Point, ...]:
    places = range(1, count + 1)
    losses = [2.0 + ARMS[arm] + 0.01 * seed + 1.0 / place for place in places]
    return tuple(
        Point(100 * place, loss, {one: loss * (1.0 if one == "target" else 1.1) for one in texts})
        for place, loss in zip(places, losses, strict=True)
    )


@pytest.fixture(scope="module")
def address(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a corpus with two selections, a proof that is finished and one that goes on."""
    proved = shutil.copytree(corpus, tmp_path_factory.mktemp("proved") / "corpus")
    workspace = Workspace(proved)
    for name in ("kitchen", "garden"):
        workspace.select("random", docs=12, name=name)
    invented(proved / "proofs" / "done", "done", 12)
    invented(proved / "proofs" / "going", "going", 5)
    os.utime(proved / "proofs" / "going" / "plan.json", (1, 1))
    with served(proved, ARTIFACTS / "prove-server.log") as found:
        yield found


def fold(page: Page, words: str) -> None:
    """Open a fold of the tab that is shown."""
    page.locator("summary:visible").filter(has_text=words).first.click()
    settled(page)


def test_a_person_reads_a_finished_proof_and_watches_another(open_tab: OpenTab, address: str, tmp_path: Path) -> None:
    finished(opened(open_tab(scheme="dark"), address), tmp_path)
    running(opened(open_tab(), address))


def opened(page: Page, address: str) -> Page:
    page.goto(f"{address}/prove")
    settled(page)
    return page


def finished(page: Page, folder: Path) -> None:
    # Every verdict stands in words with its interval: kitchen is .3 nats per byte lower in every seed.
    expect(
        page.get_by_text("kitchen is better than the control (-0.300 ± 0.000 nats per byte, n = 3 seeds)")
    ).to_be_visible()
    expect(page.get_by_text("garden is worse than the control")).to_be_visible()
    expect(page.locator(".js-plotly-plot:visible")).to_have_count(2)
    page.screenshot(path=ARTIFACTS / "prove-finished.png")
    fold(page, "Which texts gain and which lose")
    expect(page.get_by_text("kitchen reads better").first).to_be_visible()
    expect(page.get_by_text("Invented text 0 of the harbour and the ferry.").first).to_be_visible()
    fold(page, "What dga read of each source")
    expect(page.get_by_text("Hollow: offered")).to_be_visible()
    fold(page, "what keeps the comparison fair")
    expect(page.get_by_text("documents held out")).to_be_visible()
    with page.expect_download() as got:
        page.get_by_role("button", name="Figures").click()
    got.value.save_as(folder / "figures.json")
    told = json.loads((folder / "figures.json").read_text("utf-8"))
    assert told["lines"]["target"][0]["difference"]["seeds"] == 3
    assert told["texts"]["target"]["kitchen"]["better"][0]["text"].startswith("Invented text")
    page.screenshot(path=ARTIFACTS / "prove-folds.png", full_page=True)


def running(page: Page) -> None:
    page.get_by_role("combobox", name="Proof").click()
    page.get_by_role("option", name="going").click()
    settled(page)
    # Five of twelve runs: the first seed of every arm is whole, the sixth run is at work.
    expect(page.get_by_text("5 of 12 runs are finished")).to_be_visible()
    expect(page.get_by_text("in one seed; an interval needs two").first).to_be_visible()
    page.screenshot(path=ARTIFACTS / "prove-running.png")
