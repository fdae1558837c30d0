"""Documents to arrange: a batch and a pool with every column that a method needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pytest

from winnow.arrange.base import Arrangement, Entries, Tools
from winnow.judge.base import Answer, Prompt
from winnow.pool import Groups, Pool

NAMES = ("books", "forum", "web")
PIECES = [
    "The river runs past the mill and turns the wheel. Nobody has seen the miller since the spring flood.",
    "Home | About | Contact\nhttps://example.org/a\nA longer line that says what the page is for, in plain words.",
    "שלום עולם, emoji 🦊 and zero\u200bwidth, é and e\u0301.",
    "",
    "One.\n\nTwo lines.\nTwo lines.\n\n\nCopyright 2020. All rights reserved. Share this page",
    "Write to ana@example.org or call +44 20 7946 0958 today! It is worth it.\n" * 6,
]
SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string())]))


def ask(prompts: Iterable[Prompt]) -> Iterator[Answer]:
    """Answer as a judge that fails on every seventh prompt would; asked for entities, it names three."""
    for prompt in prompts:
        if len(prompt.text) % 7 == 0:
            yield Answer(error="the judge is tired")
        elif "entities" in prompt.text + prompt.system and "JSON" in prompt.text + prompt.system:
            yield Answer('{"summary": "A text.", "entities": ["mill", "river", "miller"]}')
        else:
            yield Answer(f"Answer to {prompt.text[-40:]}")


TOOLS = Tools(seed=3, ask=ask)


def column(name: str, kind: str, n: int) -> pa.Array:
    chance = np.random.default_rng(len(name))
    if name.endswith("_spans"):
        return pa.array([[{"start": 0, "end": 3, "kind": "email"}] * (row % 2) for row in range(n)], SPANS)
    if kind == "group" or name in ("source", "cluster_name", "language"):
        return pa.array([None if row % 9 == 8 else NAMES[row % 3] for row in range(n)])
    return pa.array([None if row % 11 == 10 else value for row, value in enumerate(chance.random(n))], pa.float64())


def kinds_of(method: Arrangement) -> dict[str, str]:
    return {getattr(method, setting.name): setting.column for setting in method.settings() if setting.column}


def batch_for(method: Arrangement, n: int = 60) -> pa.RecordBatch:
    """Return n documents as an export hands them to a transform."""
    urls = [None if row % 10 == 9 else f"https://www.site{row % 4}.co.uk/page/{row}?q=1" for row in range(n)]
    columns = {
        "doc_id": pa.array(np.arange(n) * 3, pa.int64()),
        "id": pa.array([f"id {row}" for row in range(n)], pa.large_string()),
        "text": pa.array([PIECES[row % len(PIECES)] for row in range(n)], pa.large_string()),
        "source": column("source", "group", n),
        "url": pa.array(urls, pa.large_string()),
        "date": pa.array([None] * n, pa.timestamp("us", "UTC")),
        "generated": pa.array(np.zeros(n, dtype=bool)),
    }
    for need in sorted(method.needs()):
        columns.setdefault(need, column(need, kinds_of(method).get(need, "number"), n))
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def pool_for(method: Arrangement, n: int = 60, seed: int = 0) -> Pool:
    """Return n documents with tokens, columns, vectors and texts."""
    chance = np.random.default_rng(seed)
    batch, columns, vectors = batch_for(method, n), {}, {}
    for need in method.needs():
        if need.startswith("vectors:"):
            raw = chance.standard_normal((n, 16)).astype(np.float32)
            vectors[need.partition(":")[2]] = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        elif need.endswith("_spans"):
            continue
        elif pa.types.is_floating(batch.column(need).type):
            columns[need] = np.array(batch.column(need).to_numpy(zero_copy_only=False), dtype=np.float64)
        else:
            columns[need] = Groups.of(batch.column(need).to_pylist())
    texts = dict(zip(batch.column("doc_id").to_pylist(), batch.column("text").to_pylist(), strict=True))
    return Pool(
        batch.column("doc_id").to_numpy(), chance.integers(0, 200, n), columns, vectors,
        texts=lambda ids: pa.array([texts[int(doc_id)] for doc_id in ids], pa.large_string()),
    )  # fmt: skip


def entries_for(method: Arrangement, n: int = 60, seed: int = 0) -> Entries:
    """Return documents seen 1, 2, 1.5 and 0.5 times."""
    weights = np.resize([1.0, 2.0, 1.5, 0.5], n)
    return Entries.of(pool_for(method, n, seed), weights, seed)


@pytest.fixture
def make_batch():
    return batch_for


@pytest.fixture
def make_pool():
    return pool_for


@pytest.fixture
def make_entries():
    return entries_for


@pytest.fixture
def tools():
    return TOOLS
