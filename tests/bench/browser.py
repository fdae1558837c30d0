"""Time Explore, Map and Label: `python tests/bench/browser.py CORPUS [--turns N] [--users N] [--only here|browser]`.

CORPUS is a scored and clustered corpus, for example one made by `multiply.py`; nothing in it is changed. Each line is a
figure: p50 and p95 over so many turns, each turn a question that was not asked before. It is asked in this process, and
then in a browser, or in several at once, which stand on the same machine and take most of its time. With `--pause S` people
take S seconds, half or half as much again, before each step. With `--answers N` everybody answers N documents by keyboard
too, of a question that gives each document to one person: CORPUS is then a copy that may be written to, and whatever was
answered must be in its log once and under one name. Whatever goes wrong on a page ends the run.
"""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, ViewportSize

sys.path.insert(0, str(Path(__file__).parents[1]))

from app.browsing import count, eventually, go, opened_browser, served, settled, unbroken, watched
from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.workspace import Workspace
from winnow_app.parts.facets.panel import FIRST

WORDS = (
    "water", "music", "market", "train", "doctor", "winter", "school", "engine", "garden", "coffee", "bridge", "judge", "ocean",
    "planet", "silver", "camera", "battle", "island", "budget", "museum", "teacher", "village", "weather", "hospital",
)  # fmt: skip

NAMES = ("ana", "ben", "cem", "dia", "eli", "fay", "gus", "hal")
QUESTION = LabelSchema("bench", "Is this worth reading?", ("yes", "no"), overlap=0.0)
Answers = list[tuple[str, int, str]]

VIEWPORT: ViewportSize = {"width": 1366, "height": 768}


def told(name: str, times: list[float], processor: list[float] | None = None) -> None:
    p50, p95 = np.quantile(np.array(times) * 1000, [0.5, 0.95])
    beside = f"   processor p50 {np.median(processor) * 1000:>8,.0f} ms" if processor else ""
    print(f"{name:<52} p50 {p50:>8,.0f} ms   p95 {p95:>8,.0f} ms{beside}   n {len(times)}", flush=True)


def timed(name: str, turns: int, work: Callable[[int], object]) -> None:
    """Print the percentiles of a piece of work, and its processor time, which other work beside it changes less."""
    times, processor = [], []
    for turn in range(turns):
        start, spent = time.perf_counter(), time.process_time()
        work(turn)
        times.append(time.perf_counter() - start)
        processor.append(time.process_time() - spent)
    told(name, times, processor)


def circle(turn: int, span: tuple[float, float, float, float]) -> tuple[tuple[float, float], ...]:
    """Return a lasso of 60 corners somewhere on the map."""
    left, right, bottom, top = span
    x, y = left + (right - left) * (0.3 + 0.02 * turn), bottom + (top - bottom) * (0.3 + 0.015 * turn)
    reach = 0.15 * min(right - left, top - bottom)
    corners = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    return tuple((float(x + reach * np.cos(a)), float(y + reach * np.sin(a))) for a in corners)


class Asking:
    """What the pages ask of a corpus."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder)
        self.browse, self.documents = self.workspace.browse, self.workspace.catalog.manifest.documents()
        start = time.perf_counter()
        self.columns = self.browse.columns()
        took = time.perf_counter() - start
        print(f"table built in {took:.1f} s: {self.documents:,} documents, {len(self.columns)} columns")
        self.panel = [name for name in FIRST if name in self.columns and self.columns[name].kind != "name"]
        shown = ("source", "date", "quality", "toxicity", "language", "tokens")
        self.shown = [name for name in shown if name in self.columns]

    def facets(self, filter: Filter) -> None:
        self.browse.count(filter)
        for name in self.panel:
            if self.columns[name].kind in ("number", "date"):
                self.browse.histogram(name, filter, bars=24)
            else:
                self.browse.facet(name, filter.with_values(name), limit=8)

    def page(self, turn: int, sort: str = "") -> None:
        rows = self.browse.page(_range(turn), columns=self.shown, sort=sort, offset=0 if sort else 12 * turn, limit=12)
        self.workspace.catalog.texts.texts(rows["doc_id"].tolist())

    def one_by_one(self, turns: int) -> None:
        """Ask each question so many times."""
        browse, step = self.browse, self.documents // (turns + 1)
        timed("counts and all facets of the panel, no filter", 1, lambda turn: self.facets(Filter()))
        timed(f"filter → counts and all {len(self.panel)} facets", turns, lambda turn: self.facets(_range(turn)))
        timed("filter → count alone", turns, lambda turn: browse.count(_range(turn + 100)))
        timed("result page of 12 with texts", turns, self.page)
        timed("result page sorted by quality", turns, lambda turn: self.page(turn, "quality"))
        timed("keyword search → count", turns, lambda turn: browse.count(Filter(search=WORDS[turn % len(WORDS)])))
        browse.count(Filter(near="a first question loads the encoder"))
        about = [Filter(near=f"a text about {word}") for word in WORDS]
        timed("search by meaning → count", turns, lambda turn: browse.count(about[turn % len(WORDS)]))
        kind = [Filter(examples=(turn * 7, turn * 9 + 1, turn * 11 + 2)) for turn in range(turns)]
        timed("concept of 3 examples → count", turns, lambda turn: browse.count(kind[turn]))
        timed("document open", turns, lambda turn: self.workspace.document(step * turn))
        numbers = [name for name, column in self.columns.items() if column.kind == "number" and name != "doc_id"]
        timed("its percentiles", min(turns, 5), lambda turn: browse.percentiles(step * turn, numbers))
        if "map_x" in self.columns:
            x, y = (browse.arrow(Filter(), [axis]).column(0).to_numpy() for axis in ("map_x", "map_y"))
            span = (float(x.min()), float(x.max()), float(y.min()), float(y.max()))
            timed("lasso of 60 corners → count", turns, lambda turn: browse.count(Filter(lasso=circle(turn, span))))
        timed("pattern → count", min(turns, 3), lambda turn: browse.count(Filter(regex=f"(?i)\\b{WORDS[turn]}s?\\b")))
        crossed = functools.partial(browse.cross, "source", "quality", mean_of="tokens")
        timed("two columns against each other", min(turns, 5), lambda turn: crossed(_range(turn)))

    def visit(self, turns: int, user: int) -> dict[str, list[float]]:
        """Filter, look at the first page and at a document, and search, over and over."""
        times: dict[str, list[float]] = {}
        for turn in range(1000 + user * turns, 1000 + user * turns + turns):
            asked: dict[str, Callable[[], object]] = {
                "filter → counts and all facets": functools.partial(self.facets, _range(turn)),
                "result page of 12 with texts": functools.partial(self.page, turn),
                "document open": functools.partial(self.workspace.document, turn * 997 % self.documents),
                "keyword search → count": functools.partial(self.browse.count, Filter(search=_two(turn))),
            }
            for name, ask in asked.items():
                start = time.perf_counter()
                ask()
                times.setdefault(name, []).append(time.perf_counter() - start)
        return times


def in_process(folder: Path, turns: int, users: int) -> None:
    """Ask each question by itself, then as several people at once, a thread each as in the server."""
    asking = Asking(folder)
    asking.one_by_one(turns)
    print(f"memory of this process now: {_memory(os.getpid()):.2f} GB")
    if users > 1:
        with ThreadPoolExecutor(users) as threads:
            visits = [*threads.map(functools.partial(asking.visit, turns), range(users))]
        for what in visits[0]:
            told(f"{users} at once: {what}", [time for times in visits for time in times[what]])
        print(f"memory of this process then: {_memory(os.getpid()):.2f} GB")


def _two(turn: int) -> str:
    return f"{WORDS[turn % len(WORDS)]} {WORDS[(turn // len(WORDS) + turn + 1) % len(WORDS)]}"


def _range(turn: int) -> Filter:
    return Filter().with_range("quality", 0.05 + turn / 3000, 0.97)


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
            for name in ("explore", "map", ""):
                loads = []
                for _ in range(3):
                    start = time.perf_counter()
                    page.goto(f"{address}/{name}")
                    settled(page)
                    loads.append(time.perf_counter() - start - 0.6)
                print(f"page load /{name:<9} first {loads[0]:6.1f} s, then {min(loads[1:]):5.1f} s", flush=True)
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


def _visit(address: str, turns: int, pause: float, answers: int, user: int) -> tuple[dict[str, list[float]], Answers]:
    times, given, trouble = dict[str, list[float]](), Answers(), list[str]()
    with opened_browser() as browser:
        page = watched(browser, trouble)
        page.set_default_timeout(120_000)
        page.goto(f"{address}/explore")
        settled(page)
        for turn in range(turns):
            _click_through(page, turn + user, times, pause)
        if answers:
            given = _answer(page, address, NAMES[user % len(NAMES)], times, pause, answers)
        unbroken(page)
    assert not trouble, "\n".join(trouble)
    return times, given


def _answer(page: Page, address: str, who: str, times: dict[str, list[float]], pause: float, answers: int) -> Answers:
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
    go(page, "Home")
    return given


def _think(page: Page, pause: float, turn: int) -> None:
    """Wait as people do, who look before they click: half the pause to half as much again."""
    if pause:
        page.wait_for_timeout(1000 * pause * (0.5 + turn * 0.618 % 1))


def _click_through(page: Page, turn: int, times: dict[str, list[float]], pause: float) -> None:
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


def _until(
    page: Page, what: str, times: dict[str, list[float]], act: Callable[[], object], true: Callable[[], bool]
) -> None:
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
    told_by = argparse.ArgumentParser()
    told_by.add_argument("corpus", type=Path)
    told_by.add_argument("--turns", type=int, default=20)
    told_by.add_argument("--users", type=int, default=1)
    told_by.add_argument("--pause", type=float, default=0.0)
    told_by.add_argument("--answers", type=int, default=0)
    told_by.add_argument("--only", choices=("here", "browser"))
    asked = told_by.parse_args()
    print(f"{asked.corpus}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if asked.only != "browser":
        in_process(asked.corpus, asked.turns, asked.users)
    if asked.only != "here":
        in_browser(asked.corpus, min(asked.turns, 8), asked.users, pause=asked.pause, answers=asked.answers)
