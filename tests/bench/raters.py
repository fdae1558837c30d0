"""How long a head takes to fit, and to rate documents: `python tests/bench/raters.py [DOCUMENTS]` (a million by default).

Rates one shard as a job does: doc_ids from Parquet, memory-mapped float16 vectors [n, 384], a column written as Parquet.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from winnow.catalog.manifest import Part
from winnow.catalog.texts import ROW_GROUP
from winnow.jobs.score import Task, score_part
from winnow.rate.base import Documents
from winnow.rate.evidence import Pairs, Values
from winnow.rate.pairwise import QuRating
from winnow.rate.pointwise import Edu, YesOrNo
from winnow.rate.rated import Rated

LABELS = 3000


def main() -> None:
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(LABELS, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    merit = vectors[:, 0] * 20 + rng.normal(size=LABELS)
    given = Documents(["x" * int(size) for size in rng.integers(50, 5000, LABELS)], vectors)
    first, second = rng.integers(LABELS, size=(2, LABELS))
    pairs = Pairs(first, second, (merit[second] > merit[first]).astype(np.float64), LABELS)
    for name, rater, evidence in (
        ("yes_no", YesOrNo(), Values((merit > 0).astype(np.float64))),
        ("edu", Edu(), Values(np.clip(merit + 2.5, 0, 5))),
        ("qurating", QuRating(), pairs),
    ):
        begun = time.perf_counter()
        head = rater.fit(given, {"": evidence}, seed=0).head
        print(f"fit {name}, {LABELS:,} labels, cross-validated: {time.perf_counter() - begun:.2f} s")
        if name == "yes_no":
            rated = Rated("yes_no", "yes_no-1", head)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        pq.write_table(
            pa.table({"doc_id": pa.array(np.arange(documents))}), folder / "part.parquet", row_group_size=ROW_GROUP
        )
        matrix = np.lib.format.open_memmap(folder / "vectors.npy", mode="w+", dtype=np.float16, shape=(documents, 384))
        for start in range(0, documents, LABELS):
            matrix[start : start + LABELS] = vectors[: len(matrix[start : start + LABELS])]
        matrix.flush()
        part = Part(0, folder / "part.parquet", 0, documents, 0)
        begun = time.perf_counter()
        score_part(Task(part, {"yes_no": rated}, {}, {"vectors:static": folder / "vectors.npy"}, folder))
        seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"rate {documents:,} documents, one process: {seconds:.1f} s ({documents / seconds:,.0f}/s), peak {peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
