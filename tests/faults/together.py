"""Browsers and notebooks on one corpus at once: every answer is checked against what it must be, and labels are timed.

python tests/faults/together.py CORPUS [--queries 100000] [--browsers 8] [--notebooks 2]

Browsers ask a server of their own (`winnow api`) over HTTP, notebooks a Workspace in this process, and a command asks now
and then. CORPUS is written to: it gets labels. Prints one line a figure.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import urllib3

from winnow.catalog.filters import Filter
from winnow.workspace import Workspace

LISTED = 12


class Asked(Protocol):
    """What a browser and a notebook can both be asked."""

    def count(self, query: dict[str, str]) -> int: ...

    def page(self, query: dict[str, str]) -> list[int]: ...

    def names(self, column: str, query: dict[str, str]) -> list[tuple[str, int]]: ...

    def text(self, doc_id: int) -> str: ...

    def label(self, doc_id: int, value: str, who: str, identity: str) -> None: ...

    def undo(self, who: str) -> int | None: ...

    def labels(self, doc_id: int) -> list[tuple[str, str | None, str]]: ...


class Notebook:
    """The Workspace class."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def count(self, query: dict[str, str]) -> int:
        return self._workspace.browse.count(Filter.from_query(query)).documents

    def page(self, query: dict[str, str]) -> list[int]:
        return [
            int(n) for n in self._workspace.browse.page(Filter.from_query(query), columns=[], limit=LISTED)["doc_id"]
        ]

    def names(self, column: str, query: dict[str, str]) -> list[tuple[str, int]]:
        return list(self._workspace.browse.facet(column, Filter.from_query(query), limit=50).values)

    def text(self, doc_id: int) -> str:
        return self._workspace.document(doc_id).text

    def label(self, doc_id: int, value: str, who: str, identity: str) -> None:
        self._workspace.labels.add(doc_id, value, who=who, uuid=identity)

    def undo(self, who: str) -> int | None:
        taken = self._workspace.labels.undo(who=who)
        return taken.doc_id if taken else None

    def labels(self, doc_id: int) -> list[tuple[str, str | None, str]]:
        return [(label.who, label.value, label.uuid) for label in self._workspace.labels.history(doc_id)]


class Browser:
    """The HTTP API."""

    def __init__(self, address: str) -> None:
        self._address = address
        # As browsers do, a question is asked again when the connection was closed meanwhile; a label has its uuid for that.
        again = urllib3.Retry(2, status=0, redirect=0, allowed_methods=["GET"])
        self._pool = urllib3.PoolManager(maxsize=1, retries=again, timeout=120.0)

    def _get(self, path: str, query: dict[str, str] | None = None) -> Any:
        return self._told(self._pool.request("GET", f"{self._address}{path}", fields=query or {}))

    def _post(self, path: str, body: object) -> Any:
        return self._told(self._pool.request("POST", f"{self._address}{path}", json=body))

    def _told(self, answer: urllib3.BaseHTTPResponse) -> Any:
        if answer.status >= 300:
            raise RuntimeError(f"status {answer.status}: {answer.data[:200]!r}")
        return json.loads(answer.data)

    def count(self, query: dict[str, str]) -> int:
        return int(self._get("/count", query)["documents"])

    def page(self, query: dict[str, str]) -> list[int]:
        found = self._get("/documents", {**query, "limit": str(LISTED), "columns": "doc_id"})
        return [row["doc_id"] for row in found["documents"]]

    def names(self, column: str, query: dict[str, str]) -> list[tuple[str, int]]:
        return [(name, n) for name, n in self._get(f"/facets/{column}", {**query, "limit": "50"})["values"]]

    def text(self, doc_id: int) -> str:
        return str(self._get(f"/documents/{doc_id}")["text"])

    def label(self, doc_id: int, value: str, who: str, identity: str) -> None:
        self._post("/labels", {"who": who, "labels": [{"doc_id": doc_id, "value": value, "uuid": identity}]})

    def undo(self, who: str) -> int | None:
        taken = self._post("/labels/undo", {"who": who})["taken_back"]
        return taken["doc_id"] if taken else None

    def labels(self, doc_id: int) -> list[tuple[str, str | None, str]]:
        found = self._get(f"/documents/{doc_id}")["labels"]
        return [(label["who"], label["value"], label["uuid"]) for label in found]


@dataclass
class Truth:
    """What questions must be answered with, asked once before anybody writes: no label changes these."""

    counts: list[tuple[dict[str, str], int]]
    pages: list[tuple[dict[str, str], list[int]]]
    names: list[tuple[str, dict[str, str], list[tuple[str, int]]]]
    texts: dict[int, str]

    @classmethod
    def of(cls, workspace: Workspace, queries: list[dict[str, str]], facet: str) -> Truth:
        notebook, documents = Notebook(workspace), workspace.catalog.manifest.documents()
        chosen = random.Random(1).sample(range(documents), min(200, documents))
        texts = {doc_id: hashlib.sha256(notebook.text(doc_id).encode()).hexdigest() for doc_id in chosen}
        return cls(
            [(query, notebook.count(query)) for query in queries],
            [(query, notebook.page(query)) for query in queries],
            [(facet, query, notebook.names(facet, query)) for query in queries],
            texts,
        )


@dataclass
class Person:
    """One of many at work: what was asked, what came back wrong, and what this person's labels must be in the end."""

    who: str
    asked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    given: list[tuple[int, str]] = field(default_factory=list)

    def work(self, at: Asked, truth: Truth, queries: int, seed: int, until: float = math.inf) -> None:
        """Ask so many questions, or for so long, and check every answer; a failure is a wrong answer too."""
        rng = random.Random(seed)
        deeds: list[Callable[[Asked, Truth, random.Random], str]] = [
            self._count, self._page, self._names, self._text, self._label, self._label, self._undo,
        ]  # fmt: skip
        for _ in range(queries):
            if time.monotonic() > until:
                return
            deed = rng.choice(deeds)
            name = deed.__name__.strip("_")
            self.asked[name] += 1
            try:
                wrong = deed(at, truth, rng)
            except Exception as reason:
                wrong = f"{type(reason).__name__}: {reason}"
            if wrong:
                self.wrong.append(f"{self.who} {name}: {wrong}")

    def _timed(self, name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = work()
        self.seconds.setdefault(name, []).append(time.perf_counter() - start)
        return found

    def _count(self, at: Asked, truth: Truth, rng: random.Random) -> str:
        query, expected = rng.choice(truth.counts)
        found = self._timed("count", lambda: at.count(query))
        return "" if found == expected else f"{query}: {found} for {expected}"

    def _page(self, at: Asked, truth: Truth, rng: random.Random) -> str:
        query, expected = rng.choice(truth.pages)
        found = self._timed("page", lambda: at.page(query))
        return "" if found == expected else f"{query}: {found} for {expected}"

    def _names(self, at: Asked, truth: Truth, rng: random.Random) -> str:
        column, query, expected = rng.choice(truth.names)
        found = self._timed("facet", lambda: at.names(column, query))
        return "" if found == expected else f"{query}: {found} for {expected}"

    def _text(self, at: Asked, truth: Truth, rng: random.Random) -> str:
        doc_id = rng.choice(list(truth.texts))
        found = self._timed("document", lambda: at.text(doc_id))
        return "" if hashlib.sha256(found.encode()).hexdigest() == truth.texts[doc_id] else f"text of {doc_id}"

    def _label(self, at: Asked, truth: Truth, rng: random.Random) -> str:
        doc_id, value, identity = (
            rng.choice(list(truth.texts)),
            rng.choice(["keep", "drop", "unsure"]),
            uuid.uuid4().hex,
        )
        self._timed("label", lambda: at.label(doc_id, value, self.who, identity))
        self.given.append((doc_id, value))
        seen = (self.who, value, identity) in at.labels(doc_id)
        return "" if seen else f"the label of {doc_id} is not among its labels"

    def _undo(self, at: Asked, truth: Truth, rng: random.Random) -> str:
        expected = self.given.pop()[0] if self.given else None
        found = self._timed("undo", lambda: at.undo(self.who))
        return "" if found == expected else f"took back {found} for {expected}"

    @property
    def standing(self) -> dict[int, str]:
        """Return what this person says of each document in the end."""
        return dict(self.given)


def work_together(
    people: list[tuple[Person, Asked]], truth: Truth, queries: int, beside: Callable[[], list[str]] | None = None,
    *, minutes: float = math.inf,
) -> list[str]:  # fmt: skip
    """Let everybody work at once until `queries` are asked in all or the minutes are over; return what was wrong."""
    until = time.monotonic() + minutes * 60
    each = -(-queries // len(people))
    threads = [
        threading.Thread(target=person.work, args=(at, truth, each, seed, until))
        for seed, (person, at) in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    wrong = []
    while any(thread.is_alive() for thread in threads):
        wrong += beside() if beside else []
        time.sleep(0.5)
    return wrong + [line for person, _ in people for line in person.wrong]


def lost(workspace: Workspace, people: list[Person]) -> list[str]:
    """Return the labels that do not stand as they were acknowledged, and columns that do not show them."""
    wrong = []
    for person in people:
        found = {label.doc_id: label.value for label in workspace.labels.standing("label", person.who)}
        if found != person.standing:
            wrong.append(f"{person.who}: {len(found)} labels stand for {len(person.standing)}")
    newest = {
        int(row["doc_id"]): row["value"] for row in workspace.labels.changed_since(-1) if row["schema"] == "label"
    }
    shown = workspace.sql("SELECT doc_id, label FROM docs WHERE label IS NOT NULL", limit=10_000_000).to_pylist()
    if {row["doc_id"]: row["label"] for row in shown} != {key: value for key, value in newest.items() if value}:
        wrong.append("the column shows other labels than the log")
    return wrong


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """Run `winnow api` on a free port; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "winnow", "-w", str(folder), "api", "--port", str(port)]
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, "OMP_NUM_THREADS": "1"})
        try:
            address = f"http://127.0.0.1:{port}/api/v1"
            for _ in range(600):
                try:
                    if urllib3.request("GET", f"{address}/count", retries=False).status == 200:
                        break
                except urllib3.exceptions.HTTPError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop then, whatever was asked")
    parser.add_argument("--browsers", type=int, default=8)
    parser.add_argument("--notebooks", type=int, default=2)
    told = parser.parse_args()
    workspace = Workspace(told.corpus)
    sources = [name for name, _ in workspace.browse.facet("source", Filter(), limit=5).values]
    queries = [{}, {"search": "water"}, {"where": "tokens > 300"}, {"range.quality": "[0.5,null]"}]
    queries += [{"in.source": json.dumps([name])} for name in sources]
    truth = Truth.of(workspace, queries, "source")
    run = uuid.uuid4().hex[:6]
    with serving(told.corpus, told.corpus.with_suffix(".api.log")) as address:
        people: list[tuple[Person, Asked]] = [(Person(f"b{n}-{run}"), Browser(address)) for n in range(told.browsers)]
        people += [(Person(f"n{n}-{run}"), Notebook(Workspace(told.corpus))) for n in range(told.notebooks)]
        start = time.perf_counter()
        wrong = work_together(
            people, truth, told.queries, lambda: _command(told.corpus, len(truth.texts)), minutes=told.minutes
        )
        took = time.perf_counter() - start
        wrong += lost(workspace, [person for person, _ in people])
    _report(people, wrong, took)


def _command(folder: Path, least: int) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "winnow",
        "-w",
        str(folder),
        "sql",
        "--format",
        "json",
        "SELECT COUNT(*) AS n FROM docs",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    time.sleep(20)
    fine = done.returncode == 0 and json.loads(done.stdout)[0]["n"] >= least
    return [] if fine else [f"command: {done.stdout} {done.stderr}"]


def _report(people: list[tuple[Person, Asked]], wrong: list[str], took: float) -> None:
    asked = sum((person.asked for person, _ in people), Counter())
    print(f"queries {asked.total():,} in {took:.0f} s by {len(people)} at once: {dict(asked)}")
    print(f"wrong or empty answers, failures, lost labels: {len(wrong)}")
    for line in wrong[:20]:
        print("  " + line)
    for kind in (Browser, Notebook):
        for name in ("count", "page", "facet", "document", "label", "undo"):
            taken = [s for person, at in people if isinstance(at, kind) for s in person.seconds.get(name, ())]
            if taken:
                middle, most = np.percentile(taken, [50, 95]) * 1000
                print(f"{kind.__name__} {name}: n {len(taken):,}, p50 {middle:.1f} ms, p95 {most:.1f} ms")


if __name__ == "__main__":
    main()
