"""Time what Explore, Map, Label and Select ask of a corpus: `asking.py CORPUS [--turns N] [--users N] [--pause S] [--write]`.

CORPUS is a scored and clustered corpus, for example one made by `multiply.py`. Each line is a figure: p50 and p95 over so many
turns, each turn a question that was not asked before. People are a thread each of this process, as in the server; without a
pause each asks again as soon as it is answered, with one they take so many seconds, half or half as much again, before each
question. With `--write` they label too: CORPUS is then a copy.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.jobs.labels import answer
from winnow.workspace import Workspace
from winnow_app.parts.facets.panel import FIRST

WORDS = (
    "water", "music", "market", "train", "doctor", "winter", "school", "engine", "garden", "coffee", "bridge", "judge", "ocean",
    "planet", "silver", "camera", "battle", "island", "budget", "museum", "teacher", "village", "weather", "hospital",
)  # fmt: skip
QUESTION = LabelSchema("bench", "Is this worth reading?", ("yes", "no"), overlap=0.0)

Questions = dict[str, Callable[[], object]]
Times = dict[str, list[float]]


def told(name: str, times: list[float], processor: list[float] | None = None) -> None:
    """Print the percentiles of seconds on the clock, and the median of those of the processor."""
    p50, p95 = np.quantile(np.array(times) * 1000, [0.5, 0.95])
    beside = f"   processor p50 {np.median(processor) * 1000:>8,.0f} ms" if processor else ""
    print(f"{name:<52} p50 {p50:>8,.1f} ms   p95 {p95:>8,.1f} ms{beside}   n {len(times)}", flush=True)


def somewhere(turn: int) -> float:
    """Return a place between 0 and 1, another for each turn."""
    return turn * 0.618034 % 1


def better_than(turn: int) -> Filter:
    return Filter().with_range("quality", 0.05 + 0.4 * somewhere(turn), 0.97)


def two_words(turn: int) -> str:
    return f"{WORDS[turn % len(WORDS)]} {WORDS[(turn // len(WORDS) + turn + 1) % len(WORDS)]}"


class Asking:
    """What the pages ask of a corpus."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        self.workspace, self.write = Workspace(folder), write
        self.browse, self.documents = self.workspace.browse, self.workspace.catalog.manifest.documents()
        start = time.perf_counter()
        self.columns = self.browse.columns()
        took = time.perf_counter() - start
        print(f"table built in {took:.1f} s: {self.documents:,} documents, {len(self.columns)} columns")
        self.panel = [name for name in FIRST if name in self.columns and self.columns[name].kind != "name"]
        shown = ("source", "date", "quality", "toxicity", "language", "tokens")
        self.shown = [name for name in shown if name in self.columns]
        x, y = (self.browse.arrow(Filter(), [axis]).column(0).to_numpy() for axis in ("map_x", "map_y"))
        self.span = (float(x.min()), float(x.max()), float(y.min()), float(y.max()))
        self.random = np.random.default_rng(0).permutation(self.documents)
        if write:
            self.workspace.labels.define(QUESTION)

    def facets(self, filter: Filter) -> None:
        self.browse.count(filter)
        for name in self.panel:
            if self.columns[name].kind in ("number", "date"):
                self.browse.histogram(name, filter, bars=24)
            else:
                self.browse.facet(name, filter.with_values(name), limit=8)

    def page(self, turn: int) -> None:
        offset = 12 * (turn % 500)
        rows = self.browse.page(better_than(turn), columns=self.shown, offset=offset, limit=12)
        self.workspace.catalog.texts.texts(rows["doc_id"].tolist())

    def lasso(self, turn: int) -> Filter:
        """Return a filter of 60 corners somewhere on the map."""
        left, right, bottom, top = self.span
        x, y = left + (right - left) * (0.3 + 0.4 * somewhere(turn)), bottom + (top - bottom) * (0.3 + turn % 40 / 100)
        reach = 0.15 * min(right - left, top - bottom)
        corners = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        return Filter(lasso=tuple((float(x + reach * np.cos(a)), float(y + reach * np.sin(a))) for a in corners))

    def preview(self, turn: int) -> None:
        """Ask what Select does when a setting is moved: the choice with its counts, a column's bars, eight examples."""
        selector = self.workspace.selector("top", {"column": "quality"})
        preview = self.workspace.preview(selector, share=0.02 + 0.9 * somewhere(turn))
        self.browse.histogram("quality", Filter(), bars=40)
        np.bincount((preview.pool.columns["quality"] * 40).astype(int), preview.kept)
        rows = [*np.flatnonzero(preview.kept)[:4], *np.flatnonzero(~preview.kept)[:4]]
        self.workspace.catalog.texts.texts(preview.pool.doc_ids[rows].tolist())

    def label(self, turn: int, user: int) -> None:
        doc_id = int(self.random[turn % self.documents])
        answer(self.workspace.catalog, QUESTION.name, doc_id, "yes", f"person {user}", seconds=2.0)

    def questions(self, turn: int, user: int) -> Questions:
        """Return what one person asks in one turn."""
        count, document = self.browse.count, turn * 997 % self.documents
        near = Filter(near=f"a text about {two_words(turn)}")
        asked: Questions = {
            f"filter → counts and all {len(self.panel)} facets": functools.partial(self.facets, better_than(turn)),
            "result page of 12 with texts": functools.partial(self.page, turn),
            "keyword search, two words → count": functools.partial(count, Filter(search=two_words(turn))),
            "search by meaning → count": functools.partial(count, near),
            "document open": functools.partial(self.workspace.document, document),
            "lasso of 60 corners → count": functools.partial(count, self.lasso(turn)),
            "live preview of a choice": functools.partial(self.preview, turn),
        }
        return asked | ({"label written": functools.partial(self.label, turn, user)} if self.write else {})

    def rarer(self, turns: int) -> None:
        """Time what is asked less often, by one person."""
        numbers = [name for name, column in self.columns.items() if column.kind == "number" and name != "doc_id"]
        word = r"(?i)\b{}s?\b".format
        cross = functools.partial(self.browse.cross, "source", "quality", mean_of="tokens")
        asked: dict[str, Callable[[int], object]] = {
            "count and all facets, no filter": lambda turn: self.facets(Filter()),
            "result page sorted by quality": lambda turn: self.browse.page(
                better_than(turn), columns=self.shown, sort="quality", limit=12
            ),
            "kind learnt from 3 examples → count": lambda turn: self.browse.count(
                Filter(examples=(turn * 7, turn * 9 + 1, turn * 11 + 2))
            ),
            "percentiles of a document": lambda turn: self.browse.percentiles(turn * 997 % self.documents, numbers),
            "pattern in every text → count": lambda turn: self.browse.count(Filter(regex=word(WORDS[turn]))),
            "two columns against each other": lambda turn: cross(better_than(turn)),
        }
        for name, ask in asked.items():
            times, processor = Times(), Times()
            for turn in range(min(turns, 5)):
                _take({name: functools.partial(ask, turn)}, times, processor)
            told(name, times[name], processor[name])

    def visit(self, turns: int, pause: float, user: int) -> Times:
        """Ask everything over and over."""
        times = Times()
        # They begin one after another: nobody asks at the same moment as somebody else.
        time.sleep(pause * somewhere(user))
        for turn in range(1000 * user + 1, 1000 * user + 1 + turns):
            _take(self.questions(turn, user), times, Times(), pause, turn)
        return times


def _take(asked: Questions, times: Times, processor: Times, pause: float = 0.0, first: int = 0) -> None:
    for turn, (name, ask) in enumerate(asked.items(), first):
        think(pause, turn)
        start, spent = time.perf_counter(), time.process_time()
        ask()
        times.setdefault(name, []).append(time.perf_counter() - start)
        processor.setdefault(name, []).append(time.process_time() - spent)


def think(pause: float, turn: int) -> None:
    """Wait as people do, who look before they ask: half the pause to half as much again."""
    time.sleep(pause * (0.5 + somewhere(turn + 1)))


def memory() -> float:
    """Return the largest resident memory of this process in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def by_one(asking: Asking, turns: int) -> None:
    first, times, processor = Times(), Times(), Times()
    _take(asking.questions(0, 0), first, Times())
    for turn in range(1, turns + 1):
        _take(asking.questions(turn, 0), times, processor)
    for name in times:
        told(f"{name} (the first {first[name][0] * 1000:,.0f} ms)", times[name], processor[name])
    asking.rarer(turns)
    print(f"most memory of this process {memory():.2f} GB")


def by_many(asking: Asking, turns: int, users: int, pause: float) -> None:
    start, spent = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(users) as threads:
        visits = [*threads.map(functools.partial(asking.visit, turns, pause), range(1, users + 1))]
    took, processor = time.perf_counter() - start, time.process_time() - spent
    for what in visits[0]:
        told(f"{users} at once: {what}", [time for times in visits for time in times[what]])
    print(f"pause {pause} s; {took:.0f} s on the clock, {processor:.0f} s of the processor; {memory():.2f} GB at most")


if __name__ == "__main__":
    told_by = argparse.ArgumentParser(description=__doc__)
    told_by.add_argument("corpus", type=Path)
    told_by.add_argument("--turns", type=int, default=20)
    told_by.add_argument("--users", type=int, default=1)
    told_by.add_argument("--pause", type=float, default=0.0)
    told_by.add_argument("--write", action="store_true")
    given = told_by.parse_args()
    print(f"{given.corpus}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    people = Asking(given.corpus, write=given.write)
    by_one(people, given.turns)
    if given.users > 1:
        by_many(people, given.turns, given.users, given.pause)
