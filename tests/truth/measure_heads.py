"""Measure the shipped quality scorer on texts that no weight has seen.

    python tests/truth/measure_heads.py DATA [--write]

Prints tables in Markdown; --write puts them into README.md beside this script. AUROC intervals are Hanley and McNeil's,
those of shares are Wilson's, both 95 %.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import text_sets
from figures import auroc, wilson
from fit_quality import EDITED, RAW, documents
from numpy.typing import NDArray
from scipy.stats import spearmanr

from winnow.embed.static import StaticEncoder
from winnow.score.quality import Quality

README = Path(__file__).with_name("README.md")
Floats = NDArray[np.float64]


def batch_of(texts: Sequence[str]) -> pa.RecordBatch:
    vectors = StaticEncoder().embed(texts)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    columns = [pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.large_string()), column]
    return pa.RecordBatch.from_arrays(columns, names=["doc_id", "text", "vectors:static"])


def scored(texts: Sequence[str]) -> Floats:
    parts = [
        np.asarray(Quality().score(batch_of(texts[start : start + 2000]), None)["quality"], dtype=np.float64)
        for start in range(0, len(texts), 2000)
    ]
    return np.concatenate(parts)


def quality_sides(data: Path) -> Iterator[str]:
    held = {name: (1, documents(data, name, "test")) for name in EDITED}
    held |= {name: (0, documents(data, name, "test")) for name in RAW}
    held |= {name: (-1, text_sets.harmless(data, name).texts) for name in ("ag-news", "movie-reviews", "gsm8k")}
    scores = {name: scored(texts) for name, (_, texts) in held.items()}
    yield "| set | side | documents | mean | deciles 1, 5, 9 | Spearman with length |"
    yield "|---|---|--:|--:|--:|--:|"
    for name, (label, texts) in held.items():
        deciles = " ".join(f"{value:.2f}" for value in np.quantile(scores[name], [0.1, 0.5, 0.9]))
        length = spearmanr(scores[name], [len(text) for text in texts]).statistic
        side = ("raw", "edited", "neither (not fitted)")[label]
        yield f"| {name} | {side} | {len(texts):,} | {scores[name].mean():.2f} | {deciles} | {length:+.2f} |"
    flat = [
        (score, label, len(t)) for n, (label, texts) in held.items() for score, t in zip(scores[n], texts, strict=True)
    ]
    values, labels, lengths = (np.array(part) for part in zip(*flat, strict=True))
    fitted = labels >= 0
    area, half = auroc(values[fitted], labels[fitted])
    web = np.concatenate([scores[name] for name in EDITED]), scores["c4-web"]
    web_area, web_half = auroc(np.concatenate(web), np.repeat([1, 0], [len(web[0]), len(web[1])]))
    yield ""
    yield f"Edited against raw, documents of the test parts: AUROC {area:.3f} ± {half:.3f} (n = {fitted.sum():,})."
    yield f"Edited against web pages alone: {web_area:.3f} ± {web_half:.3f} (n = {len(web[0]) + len(web[1])})."
    yield f"Spearman of quality with length over all of them: {spearmanr(values, lengths).statistic:+.2f}."


def quality_ratings(data: Path) -> Iterator[str]:
    rows = list(text_sets.table(data / "fineweb-edu-scored" / "fineweb_edu_scored_150.csv"))
    rows = [row for row in rows if text_sets.part_of(text_sets.fingerprint(row["text"])) != "fit"]
    scores = scored([row["text"] for row in rows])
    ratings = np.array([float(row["score"]) for row in rows])
    rank = spearmanr(scores, ratings).statistic
    half = 1.96 * np.sqrt((1 + rank**2 / 2) / (len(rows) - 3))
    yield f"Spearman with the educational ratings (2–5) of {len(rows)} web pages that were not fitted on: "
    yield f"{rank:+.2f} [{np.tanh(np.arctanh(rank) - half):+.2f}, {np.tanh(np.arctanh(rank) + half):+.2f}]."
    found = list(text_sets.json_lines(data / "onestop-english" / "onestop.jsonl"))
    values = scored([str(row["text"]).lstrip("\ufeff") for row in found])
    level = np.array([str(row["level"]) for row in found])
    means = ", ".join(f"{name} {values[level == name].mean():.3f}" for name in ("adv", "int", "ele"))
    stem = [re.sub(r"-?(adv|int|ele)(\.txt)?$", "", str(row["file"]).rpartition("/")[2]) for row in found]
    place = {(name, kind): value for name, kind, value in zip(stem, level, values, strict=True)}
    pairs = [
        (place[name, "adv"], place[name, "ele"]) for name in set(stem) if {(name, "adv"), (name, "ele")} <= set(place)
    ]
    higher = sum(high > low for high, low in pairs)
    yield ""
    yield f"Lessons by reading level (two thirds of them fitted on), mean quality: {means}; the advanced text is above "
    yield f"the elementary one in {wilson(higher, len(pairs))} of {len(pairs)} articles."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines = [
        "### Quality\n",
        *quality_sides(asked.data),
        "",
        *quality_ratings(asked.data),
    ]
    text = "\n".join(lines)
    print(text)
    if asked.write:
        before, _, after = README.read_text(encoding="utf-8").partition("<!-- figures -->")
        README.write_text(
            f"{before}<!-- figures -->\n\n{text}\n\n<!-- end -->{after.partition('<!-- end -->')[2]}", "utf-8"
        )


if __name__ == "__main__":
    main()
