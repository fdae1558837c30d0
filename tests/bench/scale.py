"""Measure every verb at a size: `python tests/bench/scale.py WORK CORPUS DOCUMENTS [STAGE ...]`; `... WORK table` prints all.

CORPUS is a scored corpus of long documents. A document of the large one is two runs of 10 to 24 words by chance, both from
one of CORPUS's clusters; one in ten repeats an earlier text, half of these but for the last words. The columns of CORPUS
that are not measured here are multiplied, so that the wide table is as wide as a real one. Above 1,000,000 documents vectors
are not made by the encoder but the mean of those of the documents that the two runs come from. Each stage
runs in a process of its own, and one that was measured is not measured again. Processor seconds are those of the stage
and of its workers; memory is the sum of their proportional set sizes (with what they map of files), and what of it is
theirs alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from memory import children
from multiply import publish
from numpy.typing import NDArray

from winnow.catalog.filters import Filter
from winnow.catalog.manifest import Shard
from winnow.catalog.publish import staging
from winnow.compute.choose import executor
from winnow.embed.choose import encoder
from winnow.errors import WinnowError
from winnow.jobs.embed import embed
from winnow.jobs.nearest import about_index
from winnow.jobs.progress import Silent
from winnow.workspace import Workspace

BATCH = 50_000
NEAR = 300
"""How many runs lie between the two of a document at most: they come from one cluster."""
EMBEDDED = 1_000_000
MEASURED = ("shape", "duplicates", "near_duplicates", "cluster")
TURNS = 20
Rows = NDArray[np.int64]
WORDS = (
    "water", "music", "market", "train", "doctor", "winter", "school", "engine", "garden", "coffee", "bridge", "judge", "ocean",
    "planet", "silver", "camera", "battle", "island", "budget", "museum", "teacher", "village", "weather", "hospital",
)  # fmt: skip


class Phrases:
    """Runs of 10 to 24 words of a corpus, in the order of its clusters, and the vectors of the documents they are from."""

    def __init__(self, source: Workspace) -> None:
        rows = source.browse.arrow(Filter(), ["doc_id", "source", "cluster_leaf"])
        order = np.lexsort((rows.column("doc_id").to_numpy(), rows.column("cluster_leaf").fill_null(-1).to_numpy()))
        sizes, said, owner = np.random.default_rng(0), [], []
        for place, text in enumerate(source.catalog.texts.texts(order)):
            words, start = [word[:40] for word in text.split()], 0
            while start < len(words):
                stop = start + int(sizes.integers(10, 25))
                said.append(" ".join(words[start:stop]))
                owner.append(place)
                start = stop
        self.said, self.owner = pa.array(said, pa.string()), order[np.array(owner)]
        self.sources = rows.column("source").combine_chunks()

    def drawn(self, first: int, count: int) -> tuple[Rows, Rows]:
        """Draw two phrases a document, the second not far from the first; the same for the same documents."""
        draw = np.random.default_rng(first)
        one = draw.integers(0, len(self.said), count)
        two = (one + draw.integers(1, NEAR, count)) % len(self.said)
        repeats = np.flatnonzero(draw.random(count) < 0.1)
        one[repeats], two[repeats] = one[repeats // 2], two[repeats // 2]
        return one, two


def documents(source: Workspace, count: int) -> Iterator[pa.Table]:
    """Yield batches of the documents of the large corpus."""
    phrases = Phrases(source)
    for start in range(0, count, BATCH):
        one, two = phrases.drawn(start, min(BATCH, count - start))
        parts = [phrases.said.take(pa.array(rows)) for rows in (one, two)]
        ends = pa.array(np.where(np.arange(len(one)) % 2, " and so on", ""), pa.string())
        numbers = pc.cast(pa.array(np.arange(start, start + len(one))), pa.string())
        yield pa.table(
            {
                "id": pc.binary_join_element_wise("document", numbers, "-"),
                "text": pc.binary_join_element_wise(pc.binary_join_element_wise(*parts, " "), ends, ""),
                "source": phrases.sources.take(pa.array(phrases.owner[one])),
            }
        )


def make(folder: Path, source: Workspace, count: int) -> None:
    """Write the input of the large corpus."""
    tables = documents(source, count)
    first = next(tables)
    with pq.ParquetWriter(folder / "input.parquet", first.schema, compression="zstd") as writer:
        for table in (first, *tables):
            writer.write_table(table)


def vectors(large: Workspace, source: Workspace) -> None:
    """Give each document the mean of its two phrases' documents' vectors: what a mean of word vectors comes to."""
    phrases, manifest = Phrases(source), large.catalog.manifest
    told = source.catalog.vectors.run("static")
    known = np.concatenate([np.asarray(part) for part in source.catalog.vectors.parts("static")])
    run = manifest.begin_run("vectors", "static", told.recipe, dict(told.columns), "multiplied")
    one, two = np.concatenate(
        [
            phrases.drawn(start, min(BATCH, large.catalog.manifest.documents() - start))
            for start in range(0, large.catalog.manifest.documents(), BATCH)
        ],
        axis=1,
    )
    for part in manifest.parts():
        rows = slice(part.first_id, part.first_id + part.documents)
        mean = known[phrases.owner[one[rows]]].astype(np.float32) + known[phrases.owner[two[rows]]]
        mean /= np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-6)
        with staging(large.folder) as staged:
            np.save(staged / "vectors.npy", mean.astype(np.float16))
            manifest.publish_shards([(run, Shard(part.part, staged / "vectors.npy", part.documents))])
    manifest.finish_runs([run], extra=dict(told.extra))


def columns(large: Workspace, source: Workspace) -> None:
    """Give the large corpus the columns of the source that are not measured."""
    for run in source.catalog.manifest.runs("columns"):
        if run.name not in MEASURED:
            publish(run, large)


def index(large: Workspace) -> dict[str, object]:
    """Build the index of vectors, and say what it says of itself."""
    large.index()
    return dict(about_index(large.catalog) or {})


SELECTORS: dict[str, dict[str, object]] = {
    "random": {}, "top": {"settings": {"column": "quality"}}, "rules": {}, "cluster_balanced": {}, "rds": {}, "dsir": {}
}  # fmt: skip


def select(large: Workspace) -> dict[str, object]:
    """Choose a tenth by several methods, each timed in this one process: [seconds, processor seconds, what came of it]."""
    target = large.folder.parent / "target.jsonl"
    texts = large.catalog.texts.texts(np.arange(0, large.catalog.manifest.documents(), 997)[:1000])
    target.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    found: dict[str, object] = {}
    for name, told in SELECTORS.items():
        aimed = {"target": str(target)} if name in ("rds", "dsir") else {}
        start, spent = time.perf_counter(), time.process_time()
        try:
            kept = large.select(name, name=name, share=0.1, replace=True, **aimed, **told)  # type: ignore[arg-type]
            chosen = f"{len(kept.read()[0]):,} documents"
        except WinnowError as reason:
            chosen = str(reason)
        found[name] = [round(time.perf_counter() - start, 1), round(time.process_time() - spent, 1), chosen]
    return found


def explore(large: Workspace) -> dict[str, object]:
    """Ask what the pages ask, each turn something not asked before: p50 and p95 on the clock, p50 of the processor."""
    from winnow_app.parts.facets.panel import FIRST

    browse, start = large.browse, time.perf_counter()
    shown, total = browse.columns(), large.catalog.manifest.documents()
    found: dict[str, object] = {
        "columns of the wide table": len(shown),
        "table built, s": round(time.perf_counter() - start, 1),
    }
    panel = [name for name in FIRST if name in shown and shown[name].kind != "name"]

    def facets(filter: Filter) -> None:
        browse.count(filter)
        for name in panel:
            if shown[name].kind in ("number", "date"):
                browse.histogram(name, filter, bars=24)
            else:
                browse.facet(name, filter.with_values(name), limit=8)

    def page(turn: int) -> None:
        rows = browse.page(_range(turn + 50), columns=["source", "chars"], offset=12 * turn, limit=12)
        large.catalog.texts.texts(rows["doc_id"].tolist())

    def words(turn: int) -> None:
        browse.count(Filter(search=f"{WORDS[turn % len(WORDS)]} {WORDS[(turn + 7) % len(WORDS)]}"))

    facets(Filter())
    browse.count(Filter(near="a first question loads the encoder"))
    questions: dict[str, Callable[[int], object]] = {
        f"filter → count and all {len(panel)} facets": lambda turn: facets(_range(turn)),
        "filter → count alone": lambda turn: browse.count(_range(turn + 100)),
        "result page of 12 with texts": page,
        "document open": lambda turn: large.document(turn * (total // (TURNS + 1))),
        "keyword search, one frequent word → count": lambda turn: browse.count(Filter(search=WORDS[turn % len(WORDS)])),
        "keyword search, two words → count": words,
        "search by meaning → count": lambda turn: browse.count(Filter(near=f"texts on {WORDS[turn % len(WORDS)]}")),
    }
    for name, ask in questions.items():
        clock, processor = [], []
        for turn in range(TURNS):
            start, spent = time.perf_counter(), time.process_time()
            ask(turn)
            clock.append(1000 * (time.perf_counter() - start))
            processor.append(1000 * (time.process_time() - spent))
        found[name] = [round(float(np.quantile(clock, share))) for share in (0.5, 0.95)] + [
            round(float(np.median(processor)))
        ]
    return found


def _range(turn: int) -> Filter:
    return Filter().with_range("quality", 0.05 + turn / 300, 0.97)


def export(large: Workspace) -> None:
    """Write a tenth of the documents as Parquet."""
    large.export("random", large.folder.parent / "out", format="parquet")
    shutil.rmtree(large.folder.parent / "out")


STAGES: dict[str, Callable[[Workspace, Path], object]] = {
    "ingest": lambda large, source: large.ingest([large.folder.parent / "input.parquet"]) and None,
    "score": lambda large, source: large.score(["shape", "duplicates"]) and None,
    "near_duplicates": lambda large, source: large.score(["near_duplicates"]) and None,
    "embed": lambda large, source: embed(large.catalog, encoder("static"), executor(), Silent()) and None,
    "vectors": lambda large, source: vectors(large, Workspace(source)),
    "columns": lambda large, source: columns(large, Workspace(source)),
    "cluster": lambda large, source: large.cluster() and None,
    "index": lambda large, source: index(large),
    "select": lambda large, source: select(large),
    "export": lambda large, source: export(large),
    "explore": lambda large, source: explore(large),
}


def _held(process: int) -> tuple[int, int]:
    """Return the proportional set size of a process and what of it is no file's, in bytes."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines[1:]}
    return sizes["Pss"], sizes["Pss_Anon"]


def measured(command: Sequence[str], output: Path) -> dict[str, object]:
    """Run a command in a process of its own, its output into a file, and return what it took."""
    start, peak, alone = time.monotonic(), 0, 0
    with open(output, "w") as file:
        process = subprocess.Popen(command, stdout=file)
    while True:
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        sizes = [_held(one) for one in (process.pid, *children(process.pid))]
        peak, alone = max(peak, sum(one for one, _ in sizes)), max(alone, sum(one for _, one in sizes))
        time.sleep(0.3)
    return {
        "seconds": round(time.monotonic() - start, 1),
        "processor": round(used.ru_utime + used.ru_stime, 1),
        "peak": peak,
        "alone": alone,
        "failed": os.waitstatus_to_exitcode(status),
        "load": round(os.getloadavg()[0], 1),
    }


def staged(folder: Path, source: Path, stage: str) -> dict[str, object]:
    """Run a stage in a process of its own and return its figures."""
    output = folder / "found.json"
    taken = measured([sys.executable, __file__, str(folder), str(source), "stage", stage], output)
    told = output.read_text()
    return {**taken, "found": json.loads(told) if told.startswith("{") else {}}


def main() -> None:
    work, asked = Path(sys.argv[1]), sys.argv[2:]
    if asked == ["table"]:
        return table(work)
    source = Path(asked[0])
    if asked[1] == "stage":
        found = STAGES[asked[2]](Workspace.create(work / "corpus"), source)
        print(json.dumps(found) if found else "")
        return None
    count = int(asked[1])
    folder = work / str(count)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "corpus").exists():
        make(folder, Workspace(source), count)
    usual = [stage for stage in STAGES if stage != ("vectors" if count <= EMBEDDED else "embed")]
    for stage in asked[2:] or usual:
        note = folder / f"{stage}.json"
        if not note.exists():
            found = staged(folder, source, stage)
            print(count, stage, json.dumps(found), flush=True)
            if not found["failed"]:
                note.write_text(json.dumps(found))
    return None


GOALS = {
    "filter → count and all": "1,000 ms", "result page": "200 ms", "document open": "200 ms", "keyword search": "200 ms",
    "search by meaning": "500 ms", **dict.fromkeys(SELECTORS, "20 s"), **dict.fromkeys(STAGES, "8 GB"),
}  # fmt: skip


def table(work: Path) -> None:
    """Print the figures of all sizes beside each other and beside the goals, as Markdown."""
    sizes = sorted(int(folder.name) for folder in work.iterdir() if folder.name.isdigit())
    notes = {
        (size, stage): json.loads(path.read_text())
        for size in sizes
        for stage in STAGES
        if (path := work / str(size) / f"{stage}.json").exists()
    }
    rows = {stage: [cost(notes.get((size, stage)), size) for size in sizes] for stage in STAGES}
    for stage in ("index", "select", "explore"):
        found = [notes.get((size, stage), {}).get("found", {}) for size in sizes]
        for name in dict.fromkeys(name for one in found for name in one):
            rows[name] = [_told(one.get(name, "")) for one in found]
    print("| | " + " | ".join(f"{size:,}" for size in sizes) + " | goal |\n|---|" + "--:|" * len(sizes) + "--:|")
    for name, cells in rows.items():
        goal = next(
            (goal for start, goal in GOALS.items() if name == start or (" " in start and name.startswith(start))), ""
        )
        print(f"| {name} | " + " | ".join(cells) + f" | {goal} |")


def _told(value: object) -> str:
    return " / ".join(map(str, value)) if isinstance(value, list) else str(value)


def cost(note: dict[str, float] | None, size: int) -> str:
    if note is None:
        return "not measured"
    each = 1e6 * note["processor"] / size
    memory = f"{note['peak'] / 1e9:.1f} GB ({note['alone'] / 1e9:.1f})"
    return (
        f"{note['seconds']:,.0f} s, {note['processor']:,.0f} CPU-s ({each:,.0f} µs), {memory}, load {note['load']:.0f}"
    )


if __name__ == "__main__":
    main()
