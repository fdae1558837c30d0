"""Measure the scorers on one thread: python tests/bench/score.py DATA_FOLDER

DATA_FOLDER holds movie-reviews/movie_reviews.jsonl and c4-web/*.jsonl, one {"text"} a line, and gsm8k and downstream-eval,
benchmarks that contamination looks for (their reading and indexing is part of its time); web pages are joined and
cut to 4,000 characters. Prints one line per figure: the best of three passes in CPU time, batches of 512 documents,
a new batch object each time so that no scorer finds another's work done; the last line lets the rules share it, as a
job does. No figure is a test.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from winnow.bench.duplicates import made_keys
from winnow.bench.material import Material
from winnow.bench.meter import take
from winnow.bench.score import batches, score, vectors_of
from winnow.score.base import Scorer
from winnow.score.boilerplate import Boilerplate
from winnow.score.c4 import C4
from winnow.score.contamination import Contamination
from winnow.score.dolma import Dolma
from winnow.score.duplicates import Duplicates
from winnow.score.earlier import centres_of, most_similar_earlier, nearest_centre
from winnow.score.fineweb import FineWeb
from winnow.score.gopher import Gopher
from winnow.score.gopher_variants import GopherVariants
from winnow.score.language import Language
from winnow.score.near_duplicates import NearDuplicates, candidates, components
from winnow.score.pii import Pii
from winnow.score.redpajama import RedPajama
from winnow.score.refinedweb import RefinedWeb
from winnow.score.shape import Shape
from winnow.score.tokens import Tokens, sample

BENCHMARKS = ("gsm8k", "downstream-eval")
DOCUMENT_CHARS = 4000
RULES = (Shape(), Gopher(), C4(), FineWeb())


def read(paths: Iterable[Path]) -> list[str]:
    return [json.loads(line)["text"] for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def joined(texts: list[str]) -> list[str]:
    """Join texts and cut them to 4,000 characters."""
    documents, current = [], ""
    for text in texts:
        current += text + "\n"
        if len(current) >= DOCUMENT_CHARS:
            documents.append(current[:DOCUMENT_CHARS])
            current = ""
    return documents


def measure(scorers: Sequence[Scorer], documents: list[str]) -> list[float]:
    """Return the documents per second of each of three passes."""
    material = Material(tuple(documents), "data")
    # Vectors for the scorers that read them; the time they take is the encoder's.
    vectors = vectors_of(material)
    takings = [take(lambda: score(scorers, batches(material, vectors))) for _ in range(3)]
    return [len(documents) / taken.processor for taken in takings]


def report(name: str, corpus: str, speed: float, documents: list[str]) -> None:
    size = np.mean([len(text.encode()) for text in documents])
    print(f"{corpus:<8} {name:<28} {speed:8.0f} docs/s  {speed * size / 1e6:6.1f} MB/s", flush=True)


def estimate_error(documents: list[str]) -> None:
    """Compare the sampled token count of a byte-level BPE with the full one."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(documents[:500], trainers.BpeTrainer(vocab_size=8000, show_progress=False))
    full = [text for text in documents if len(text) > DOCUMENT_CHARS]
    truth = np.array([len(tokenizer.encode(text).ids) for text in full])
    seen = [sample(text) for text in full]
    guess = np.array([len(tokenizer.encode(text).ids) for text in seen]) * [len(text) for text in full]
    guess = guess / [len(text) for text in seen]
    error = (guess - truth) / truth
    print(
        f"estimated tokens, byte-level BPE: bias {error.mean():+.3%}, mean absolute error {np.abs(error).mean():.2%}, "
        f"95 % within {np.quantile(np.abs(error), 0.95):.2%}, total {guess.sum() / truth.sum() - 1:+.3%} (n={len(full)})"
    )


def group_keys(documents: int) -> None:
    """Time the bands and groups of made keys: half of the documents share 3 bands of 10 with another."""
    keys = made_keys(documents, 14)
    start = time.process_time()
    pairs = candidates(keys)
    joined = time.process_time()
    labels = components(pairs, documents)
    done = time.process_time()
    print(
        f"near-duplicates of {documents} documents: 14 bands sorted in {joined - start:.2f} s, {len(pairs)} pairs "
        f"joined into {labels.max() + 1} groups in {done - joined:.2f} s"
    )


def compare_vectors(documents: int) -> None:
    """Time semantic duplicates on made vectors of 256 numbers, half of them near the other half."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 256))[rng.integers(0, 300, documents // 2)] + rng.normal(size=(documents // 2, 256))
    vectors = np.concatenate([vectors, vectors + 0.15 * rng.normal(size=vectors.shape)]).astype(np.float16)
    start = time.process_time()
    cluster, cosine = nearest_centre(vectors, centres_of(vectors, documents // 1000))
    clustered = time.process_time()
    similarity, _ = most_similar_earlier(vectors, cluster, np.lexsort((cosine, cluster)))
    done = time.process_time()
    apart = np.mean(cluster[: documents // 2] != cluster[documents // 2 :])
    print(
        f"semantic duplicates of {documents} vectors: {documents // 1000} clusters in {clustered - start:.1f} s, compared "
        f"in {done - clustered:.1f} s, {np.mean(similarity > 0.95):.3f} above .95; {apart:.3f} of the twins lie apart"
    )


def main(folder: Path) -> None:
    corpora = {
        "reviews": read([folder / "movie-reviews" / "movie_reviews.jsonl"]),
        "web": joined(read(sorted((folder / "c4-web").glob("*.jsonl")))),
    }
    singles = [
        Shape(),
        Tokens(),
        Gopher(),
        C4(),
        FineWeb(),
        Language(),
        Pii(),
        Duplicates(),
        NearDuplicates(),
        Boilerplate(),
        Contamination(benchmarks=tuple(str(folder / name) for name in BENCHMARKS)),
        RefinedWeb(),
        RedPajama(),
        Dolma(),
        GopherVariants(),
    ]
    for corpus, documents in corpora.items():
        print(f"{corpus}: {len(documents)} documents, {np.mean([len(text) for text in documents]):.0f} characters")
        for scorer in singles:
            speeds = measure([scorer], documents)
            if scorer.name == "tokens":
                report("tokens (first pass)", corpus, speeds[0], documents)
            report(scorer.name, corpus, max(speeds), documents)
        report("shape+gopher+c4+fineweb", corpus, max(measure(RULES, documents)), documents)
        report("the same + refinedweb", corpus, max(measure((*RULES, RefinedWeb()), documents)), documents)
    estimate_error(corpora["reviews"])
    group_keys(1_000_000)
    compare_vectors(100_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
