"""Compare the rules with datatrove's own code: python tests/truth/rules.py DATA_FOLDER   (pip install datatrove spacy)

DATA_FOLDER holds movie-reviews and c4-web. Prints how far the columns named `_datatrove` lie from what datatrove computes
on its own words, how often both decide alike at the published threshold, and the documents per second of CPU time of
its chain Gopher repetition, Gopher quality, C4, FineWeb with every filter run on every document.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.gopher_repetition_filter import find_all_duplicate, find_top_duplicate, get_n_grams
from datatrove.utils.text import split_into_words

from winnow.score.c4 import C4
from winnow.score.fineweb import FineWeb
from winnow.score.gopher_variants import GopherVariants

LIMITS = {2: 0.2, 3: 0.18, 4: 0.16, 5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
CHARS = 4000


def read(folder: Path, pattern: str, most: int) -> list[str]:
    lines = (line for path in sorted(folder.glob(pattern)) for line in path.read_text(encoding="utf-8").splitlines())
    return [json.loads(line)["text"] for line in lines][:most]


def joined(texts: list[str]) -> list[str]:
    """Join texts and cut them to 4,000 characters."""
    whole = "\n".join(texts)
    return [whole[start : start + CHARS] for start in range(0, len(whole) - CHARS, CHARS)]


def compare(name: str, texts: list[str]) -> None:
    ids = pa.array(range(len(texts)), pa.int64())
    batch = pa.record_batch({"doc_id": ids, "text": pa.array(texts, pa.large_string())})
    columns = GopherVariants().score(batch, None)
    words = [split_into_words(text, "eng") for text in texts]
    for size, limit in LIMITS.items():
        column = f"gopher_{'top' if size < 5 else 'dup'}_{size}gram_datatrove"
        mine = np.array(columns[column].to_pylist(), dtype=float)
        chars = [find_top_duplicate(get_n_grams(w, size)) if size < 5 else find_all_duplicate(w, size) for w in words]
        theirs = np.array(chars) / [len(text) for text in texts]
        print(
            f"{name} {column}: off by {np.abs(mine - theirs).mean():.5f} on average, at most {np.abs(mine - theirs).max():.4f}; "
            f"decisions alike {np.mean((mine > limit) == (theirs > limit)):.4f} (n={len(texts)})"
        )
    kept = {
        "c4_datatrove_pass": (C4().score(batch, None), C4QualityFilter()),
        "fineweb_pass": (FineWeb().score(batch, None), FineWebQualityFilter()),
    }
    for column, (found, filtering) in kept.items():
        # Neither strips lines nor rewrites them here: a space at a line's end would hide its full stop.
        theirs = np.array([filtering.filter(Document(text=_stripped(text), id="x")) is True for text in texts])
        print(
            f"{name} {column}: decisions alike {np.mean(theirs == np.asarray(found[column])):.4f}, kept {theirs.mean():.3f}"
        )


def _stripped(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n"))


def speed(name: str, texts: list[str]) -> None:
    chain = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), FineWebQualityFilter()]
    for filtering in chain:
        filtering.filter(Document(text=texts[0], id="warm"))
    start = time.process_time()
    for place, text in enumerate(texts):
        document = Document(text=text, id=str(place))
        for filtering in chain:
            filtering.filter(document)
    print(
        f"{name}: datatrove's four filters {len(texts) / (time.process_time() - start):.0f} documents/s (n={len(texts)})"
    )


def main(folder: Path) -> None:
    sets = {
        "reviews": read(folder / "movie-reviews", "movie_reviews.jsonl", 150),
        "web pages": read(folder / "c4-web", "*.jsonl", 600),
        "web, joined": joined(read(folder / "c4-web", "*.jsonl", 600)),
    }
    for name, texts in sets.items():
        compare(name, texts)
        speed(name, texts)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
