"""Measure the shipped toxicity and quality scorers on texts that no weight has seen.

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
from fit_quality import EDITED, RAW, documents
from fit_toxicity import clean, long_pages
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from winnow.embed.static import StaticEncoder
from winnow.score.quality import Quality
from winnow.score.toxicity import THRESHOLD, Toxicity

README = Path(__file__).with_name("README.md")
MOST = 8000
Floats = NDArray[np.float64]


def batch_of(texts: Sequence[str]) -> pa.RecordBatch:
    vectors = StaticEncoder().embed(texts)
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    columns = [pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.large_string()), column]
    return pa.RecordBatch.from_arrays(columns, names=["doc_id", "text", "vectors:static"])


def scored(texts: Sequence[str], column: str) -> Floats:
    scorer = Toxicity() if column == "toxicity" else Quality()
    parts = [
        np.asarray(scorer.score(batch_of(texts[start : start + 2000]), None)[column], dtype=np.float64)
        for start in range(0, len(texts), 2000)
    ]
    return np.concatenate(parts)


def auroc(scores: Floats, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Return the area and half its 95 % interval (Hanley and McNeil 1982)."""
    ones, zeros = int(labels.sum()), int((1 - labels).sum())
    area = (rankdata(scores)[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (ones - 1) * (first - area**2) + (zeros - 1) * (second - area**2)
    return float(area), float(1.96 * np.sqrt(spread / (ones * zeros)))


def wilson(hits: int, count: int) -> str:
    if not count:
        return "none"
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{share:.3f} [{max(middle - half, 0):.3f}, {min(middle + half, 1):.3f}]"


def some(found: text_sets.TextSet, rng: np.random.Generator) -> text_sets.TextSet:
    chosen = np.zeros(len(found.texts), dtype=bool)
    chosen[rng.permutation(len(chosen))[:MOST]] = True
    return found.take(chosen)


def toxic_sets(data: Path, rng: np.random.Generator) -> Iterator[tuple[str, text_sets.TextSet]]:
    seen: set[bytes] = set()
    for name in text_sets.FITTED_LABELLED:
        found = text_sets.labelled(data, name)
        seen |= {text_sets.fingerprint(text) for text in found.part("fit", "stack").texts}
        yield f"{name} (test part)", clean(data, found).part("test")
    for name in text_sets.KEPT_OUT:
        found = text_sets.labelled(data, name)
        found = found.take(np.array([text_sets.fingerprint(text) not in seen for text in found.texts]))
        for language in sorted(set(found.languages)):
            title = f"{name}, {language}" if len(set(found.languages)) > 1 else name
            yield title, some(found.take(np.array(found.languages) == language), rng)


def toxicity_labelled(data: Path, rng: np.random.Generator) -> Iterator[str]:
    yield "| labelled set | texts | toxic | AUROC | precision at the threshold | found (recall) |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, found in toxic_sets(data, rng):
        scores = scored(found.texts, "toxicity")
        area, half = auroc(scores, found.labels)
        flagged = scores >= THRESHOLD
        hits = int(found.labels[flagged].sum())
        precision = wilson(hits, int(flagged.sum()))
        toxic = int(found.labels.sum())
        yield f"| {name} | {len(scores):,} | {toxic:,} | {area:.3f} ± {half:.3f} | {precision} | {hits / toxic:.2f} |"
    pages = long_pages(data, "test", rng, 900)
    scores, labels = scored(pages.texts, "toxicity"), pages.labels.astype(np.int64)
    area, half = auroc(scores, labels)
    flagged = scores >= THRESHOLD
    hits = int(labels[flagged].sum())
    yield (
        f"| one toxic comment in a page of 200–1,500 words (test part) | {len(labels)} | {labels.sum()} "
        f"| {area:.3f} ± {half:.3f} | {wilson(hits, int(flagged.sum()))} | {hits / labels.sum():.2f} |"
    )


def toxicity_harmless(data: Path, rng: np.random.Generator) -> Iterator[str]:
    yield "| harmless texts | texts | mean | at 0.5 or above | at the threshold or above |"
    yield "|---|--:|--:|--:|--:|"
    for name in (
        *text_sets.FITTED_HARMLESS,
        "bold-identity",
        "ag-news",
        "wikitext2-valid",
        "onestop-english",
        "xstest",
    ):
        if name == "xstest":
            found = text_sets.labelled(data, name)
            found = found.take(found.labels == 0).part("test")
        else:
            found = text_sets.harmless(data, name)
        fitted = name in (*text_sets.FITTED_HARMLESS, "xstest")
        found = some(found.part("test") if fitted else found, rng)
        scores = scored(found.texts, "toxicity")
        high, over = (wilson(int((scores >= level).sum()), len(scores)) for level in (0.5, THRESHOLD))
        title = f"{name} (test part)" if fitted else name
        yield f"| {title} | {len(scores):,} | {scores.mean():.2f} | {high} | {over} |"


def calibration(data: Path) -> Iterator[str]:
    """Compare what is said with what is so, over the test parts of the labelled sets and ordinary text together."""
    sets = [clean(data, text_sets.labelled(data, name)).part("test") for name in text_sets.FITTED_LABELLED]
    scores = np.concatenate([scored(found.texts, "toxicity") for found in sets])
    labels = np.concatenate([found.labels for found in sets])
    yield "| toxicity | texts | of them toxic |"
    yield "|---|--:|--:|"
    for low in np.arange(0, 1, 0.2):
        inside = (scores >= low) & (scores < low + 0.2 + (low > 0.7))
        yield f"| {low:.1f}–{low + 0.2:.1f} | {inside.sum():,} | {labels[inside].mean():.2f} |"


def quality_sides(data: Path) -> Iterator[str]:
    held = {name: (1, documents(data, name, "test")) for name in EDITED}
    held |= {name: (0, documents(data, name, "test")) for name in RAW}
    held |= {name: (-1, text_sets.harmless(data, name).texts) for name in ("ag-news", "movie-reviews", "gsm8k")}
    scores = {name: scored(texts, "quality") for name, (_, texts) in held.items()}
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
    scores = scored([row["text"] for row in rows], "quality")
    ratings = np.array([float(row["score"]) for row in rows])
    rank = spearmanr(scores, ratings).statistic
    half = 1.96 * np.sqrt((1 + rank**2 / 2) / (len(rows) - 3))
    yield f"Spearman with the educational ratings (2–5) of {len(rows)} web pages that were not fitted on: "
    yield f"{rank:+.2f} [{np.tanh(np.arctanh(rank) - half):+.2f}, {np.tanh(np.arctanh(rank) + half):+.2f}]."
    found = list(text_sets.json_lines(data / "onestop-english" / "onestop.jsonl"))
    values = scored([str(row["text"]).lstrip("\ufeff") for row in found], "quality")
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
    asked, rng = parser.parse_args(), np.random.default_rng(0)
    lines = [
        f"### Toxicity (threshold {THRESHOLD})\n",
        *toxicity_labelled(asked.data, rng),
        "",
        *toxicity_harmless(asked.data, rng),
        "",
        *calibration(asked.data),
        "\n### Quality\n",
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
