"""Time the pages in a browser: `browser.py CORPUS [--turns N] [--users N] [--pause S] [--answers N]`.

CORPUS is a scored and clustered corpus, for example one made by `multiply.py`; nothing in it is changed. Each line is a
figure: p50 and p95 from the click to what is drawn, each turn something not asked before, by one browser or by several, which
stand on the machine of the server and take most of its time. With `--pause S` people take S seconds, half or half as much
again, before each step. With `--answers N` everybody answers N documents by keyboard too, of a question that gives each
document to one person: CORPUS is then a copy that may be written to, and whatever was answered must be in its log once and
under one name. Whatever goes wrong on a page ends the run.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.browsing import count, eventually, go, opened_browser, served, settled, unbroken, watched
from bench.asking import QUESTION, WORDS, Times, told
from winnow.workspace import Workspace

NAMES = ("ana", "ben", "cem", "dia", "eli", "fay", "gus", "hal")
Answers = list[tuple[str, int, str]]

PAGES = ("", "explore", "map", "label", "select")
TOLD = re.compile(r"^[\d,]+ documents · [\d,]+ tokens")
VIEWPORT: ViewportSize = {"width": 1366, "height": 768}


def _memory(process: int) -> float:
    """Return the proportional share of a process's memory in GB, and of its children."""
    total = 0
    for found in _family(process):
        lines = Path(f"/proc/{found}/smaps_rollup").read_text().splitlines()
        total += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return total / 1e6


def _processor(process: int) -> float:
    """Return the seconds of processor time that a process has taken, and its children."""
    total = 0
    for found in _family(process):
        user, system = Path(f"/proc/{found}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        total += int(user) + int(system)
    return total / os.sysconf("SC_CLK_TCK")


def _family(process: int) -> list[int]:
    running = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [found for found in running if process in (found, _parent(found))]


def _parent(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, ValueError):
        return -1


def in_browser(folder: Path, turns: int, users: int, *, pause: float, answers: int) -> None:
    """Do what people do, from the click to the count that is drawn."""
    with served(folder, Path("/dev/null")) as address:
        with opened_browser() as browser:
            page = browser.new_context(viewport=VIEWPORT).new_page()
            page.set_default_timeout(120_000)
            first = Times()
            _load(page, address, first)
            for name, times in first.items():
                told(f"the first of all: {name}", times)
        server = max(_listening(int(address.rsplit(":", 1)[1])), key=_memory)
        before, spent = os.getloadavg()[0], _processor(server)
        if answers:
            labels = Workspace(folder).labels
            labels.define(QUESTION)
            earlier = {who: len(labels.standing(QUESTION.name, who)) for who in NAMES}
        with ProcessPoolExecutor(users) as pool:
            visit = functools.partial(_visit, address, turns, pause, answers)
            visits = [*pool.map(visit, range(users))]
        print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after; the browsers pause {pause} s before a step")
        print(f"the server took {_processor(server) - spent:.0f} s of the processor")
        for what in visits[0][0]:
            told(f"{users} browsers: {what}", [time for times, _ in visits for time in times[what]])
        print(f"memory of the server now: {_memory(server):.2f} GB")
    if answers:
        _check(folder, [given for _, mine in visits for given in mine], earlier)


def _check(folder: Path, given: Answers, earlier: dict[str, int]) -> None:
    """Raise AssertionError unless every answer is in the log exactly once, and no document has another's too."""
    labels = Workspace(folder).labels
    for who, doc_id, value in given:
        events = [(one.who, one.value) for one in labels.history(doc_id) if one.schema == QUESTION.name]
        assert events == [(who, value)], f"document {doc_id}: {who} said {value}, the log says {events}"
    people = {who: sum(1 for by, _, _ in given if by == who) for who, _, _ in given}
    assert people == {who: len(labels.standing(QUESTION.name, who)) - earlier[who] for who in people}
    print(f"{len(given)} answers of {len(people)} people: each in the log once, each document with one person")


def _visit(address: str, turns: int, pause: float, answers: int, user: int) -> tuple[Times, Answers]:
    times, given, trouble = Times(), Answers(), list[str]()
    with opened_browser() as browser:
        page = watched(browser, trouble)
        page.set_default_timeout(120_000)
        for _ in range(turns):
            _load(page, address, times, pause)
        page.goto(f"{address}/explore")
        settled(page)
        for turn in range(turns):
            _click_through(page, turn + user, times, pause)
        go(page, "Select")
        for turn in range(turns):
            _preview(page, turn, times, pause)
        if answers:
            given = _answer(page, address, NAMES[user % len(NAMES)], times, pause, answers)
        unbroken(page)
    assert not trouble, "\n".join(trouble)
    return times, given


def _load(page: Page, address: str, times: Times, pause: float = 0.0) -> None:
    """Open each page by its address and wait until nothing on it is being drawn any more."""
    for turn, name in enumerate(PAGES):
        _think(page, pause, turn)
        start = time.perf_counter()
        page.goto(f"{address}/{name}")
        settled(page)
        # What is settled was quiet for three looks, 0.2 seconds apart.
        times.setdefault(f"page load /{name}", []).append(time.perf_counter() - start - 0.6)


def _preview(page: Page, turn: int, times: Times, pause: float) -> None:
    """Move the share by its slider and wait for the counts of another choice."""
    _think(page, pause, turn)
    told = page.get_by_text(TOLD).first
    expect(told).to_be_visible()
    before = told.inner_text()
    page.get_by_role("slider").last.focus()
    right = functools.partial(page.keyboard.press, "ArrowRight")
    _until(
        page, "share moved → counts drawn", times, right, lambda: page.get_by_text(TOLD).first.inner_text() != before
    )
    settled(page)


def _answer(page: Page, address: str, who: str, times: Times, pause: float, answers: int) -> Answers:
    """Answer documents by keyboard and leave: the page lets nobody go before everything is acknowledged."""
    page.goto(f"{address}/label?schema={QUESTION.name}")
    page.get_by_label("Your name").fill(who)
    page.get_by_role("button", name="Start labelling").click()
    where, given = page.locator(".desk .where").first, Answers()
    where.wait_for()
    settled(page)
    for turn in range(answers):
        _think(page, pause, turn)
        shown, value = where.inner_text(), turn % 2
        given.append((who, int(shown.split(" · ")[0]), QUESTION.values[value]))
        key = functools.partial(page.keyboard.press, str(value + 1))
        _until(page, "answered by key → next document drawn", times, key, lambda was=shown: where.inner_text() != was)
    go(page, "Jobs")
    return given


def _think(page: Page, pause: float, turn: int) -> None:
    """Wait as people do, who look before they click: half the pause to half as much again."""
    if pause:
        page.wait_for_timeout(1000 * pause * (0.5 + turn * 0.618 % 1))


def _click_through(page: Page, turn: int, times: Times, pause: float) -> None:
    everything = count(page)
    _think(page, pause, turn)
    row = page.locator("details").filter(has_text="source").locator(".value .pick").nth(turn % 6)
    _until(page, "facet clicked → count drawn", times, row.click, lambda: count(page) < everything)
    settled(page)
    page.get_by_role("button", name="Clear all").click()
    eventually(lambda: count(page) == everything, "everything is shown", page)
    settled(page)
    _think(page, pause, turn + 1)
    box = page.get_by_label("Words", exact=True)
    box.fill(WORDS[turn % len(WORDS)])
    _until(page, "keyword search → count drawn", times, lambda: box.press("Enter"), lambda: count(page) < everything)
    settled(page)
    _think(page, pause, turn + 2)
    title = page.locator('[class*="st-key-open-"] button:visible').first
    _until(page, "document clicked → text drawn", times, title.click, lambda: page.locator(".winnow-text").count() > 0)
    settled(page)
    page.get_by_role("button", name="Clear all").click()
    eventually(lambda: count(page) == everything, "everything is shown", page)
    settled(page)


def _until(page: Page, what: str, times: Times, act: Callable[[], object], true: Callable[[], bool]) -> None:
    start = time.perf_counter()
    act()
    while not true():
        page.wait_for_timeout(15)
        assert time.perf_counter() - start < 120, what
    times.setdefault(what, []).append(time.perf_counter() - start)


def _listening(port: int) -> list[int]:
    """Return the processes whose command line names a port."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"--port\0{port}".encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    told_by = argparse.ArgumentParser(description=__doc__)
    told_by.add_argument("corpus", type=Path)
    told_by.add_argument("--turns", type=int, default=8)
    told_by.add_argument("--users", type=int, default=1)
    told_by.add_argument("--pause", type=float, default=0.0)
    told_by.add_argument("--answers", type=int, default=0)
    asked = told_by.parse_args()
    print(f"{asked.corpus}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    in_browser(asked.corpus, asked.turns, asked.users, pause=asked.pause, answers=asked.answers)
