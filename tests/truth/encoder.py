"""Measure the encoders side by side: sentence similarity, clusters of requests and of news, documents a second.

    python tests/truth/encoder.py DATA [--models static,minilm,hashed] [--speed]

DATA holds stsb/stsb-en-dev.csv, clinc150/clinc150_data_full.json and ag-news/ag_news_test.csv; no shipped encoder was
fitted on them. Prints one line a figure, with n.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score

from winnow.embed.base import Embedder
from winnow.embed.choose import encoder

SEEDS = (0, 1, 2)


def similarity(model: Embedder, data: Path) -> tuple[float, int]:
    """Return Spearman's rank correlation of cosines with people's ratings, and the number of pairs."""
    with (data / "stsb" / "stsb-en-dev.csv").open(encoding="utf8", newline="") as rows:
        pairs = list(csv.reader(rows))
    left, right = model.embed([pair[0] for pair in pairs]), model.embed([pair[1] for pair in pairs])
    return float(spearmanr((left * right).sum(axis=1), [float(pair[2]) for pair in pairs]).statistic), len(pairs)


def requests(model: Embedder, data: Path) -> tuple[float, int]:
    """Return the normalised mutual information of 150 k-means clusters with 150 labelled intents."""
    rows = json.loads((data / "clinc150" / "clinc150_data_full.json").read_text("utf8"))["test"]
    return agreement(model.embed([text for text, _ in rows]), [label for _, label in rows]), len(rows)


def news(model: Embedder, data: Path) -> tuple[float, int]:
    """Return the normalised mutual information of 4 k-means clusters with 4 topics, on every fourth article."""
    with (data / "ag-news" / "ag_news_test.csv").open(encoding="utf8", newline="") as lines:
        rows = list(csv.reader(lines))[::4]
    return agreement(model.embed([f"{row[1]}\n\n{row[2]}" for row in rows]), [row[0] for row in rows]), len(rows)


def agreement(vectors: NDArray[np.float32], labels: Sequence[str]) -> float:
    clusters = len(set(labels))
    found = [KMeans(clusters, n_init=2, max_iter=60, random_state=seed).fit_predict(vectors) for seed in SEEDS]
    return float(np.mean([normalized_mutual_info_score(labels, one) for one in found]))


def speed(model: Embedder, data: Path, characters: int) -> tuple[float, int]:
    """Return documents a second on cuts of web pages, reviews and speeches, after one pass that loads the model."""
    texts = []
    for path in (
        "c4-web/c4_sample_0001-0600.jsonl",
        "movie-reviews/movie_reviews.jsonl",
        "presidential-speeches/speeches.jsonl",
    ):
        for line in (data / path).read_text("utf8").splitlines():
            text = json.loads(line)["text"]
            texts += [text[at : at + characters] for at in range(0, len(text) - characters + 1, characters)]
    texts = texts[:: max(len(texts) // (60 if not model.parallel else 4000), 1)]
    model.embed(["warm up"])
    start = time.process_time()
    model.embed(texts)
    return len(texts) / (time.process_time() - start), len(texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", default="static,minilm,hashed")
    parser.add_argument("--speed", action="store_true", help="measure documents a second of processor time instead")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in given.models.split(","):
        model = encoder(name)
        if given.speed:
            for characters in (1000, 4000):
                rate, n = speed(model, given.data, characters)
                print(f"{name:8} documents of {characters} characters a core-second {rate:8.0f}  (n={n})", flush=True)
            continue
        for what, measure in (("STS-B dev Spearman", similarity), ("CLINC150 NMI", requests), ("AG News NMI", news)):
            figure, n = measure(model, given.data)
            print(f"{name:8} {what:20} {figure:.4f}  (n={n})", flush=True)


if __name__ == "__main__":
    main()
