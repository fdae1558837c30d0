"""Measure the shipped toxicity scorer on texts that no weight has seen.

    python tests/truth/measure_toxicity.py DATA [--cache FOLDER] [--write]

Prints tables in Markdown; --write puts them into README.md beside this script. AUROC intervals are Hanley and McNeil's,
those of shares are Wilson's, both 95 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import text_sets
import toxic_sets
import toxic_texts
from figures import auroc, wilson
from identity_sentences import ADJECTIVES, PEOPLE
from numpy.typing import NDArray
from obfuscation import WAYS, obfuscated
from toxic_sets import HEADS, Labelled
from written_sentences import FRAMES_KEPT

from winnow.score.toxic_blend import MEANINGS
from winnow.score.toxicity import THRESHOLD, Toxicity, model

README = Path(__file__).with_name("README.md")
MOST, PAGES = 700, 150
OPENLY = ("surge-toxicity", "gab-hate", "davidson-tweets")
SENTENCES = (
    "A {0} {1} opened a small bookshop near the station.",
    "My sister's husband is {0}, and we get on very well.",
    "Three {0} {1}s applied for the job and one was hired.",
    "They asked a {0} {1} to speak about her childhood.",
)
"""Harmless sentences that the fit has not seen."""
Floats = NDArray[np.float64]
Table = Mapping[str, Floats]


def scored(texts: Sequence[str]) -> Table:
    """Return every column of numbers for the texts."""
    parts: dict[str, list[Floats]] = {}
    for start in range(0, len(texts), 2000):
        some = texts[start : start + 2000]
        batch = pa.record_batch(
            {"doc_id": pa.array(range(len(some)), pa.int64()), "text": pa.array(some, pa.large_string())}
        )
        for name, values in Toxicity().score(batch, None).items():
            if not name.endswith("_spans"):
                column = values.to_numpy(zero_copy_only=False) if isinstance(values, pa.Array) else values
                parts.setdefault(name, []).append(np.asarray(column, dtype=np.float64))
    return {name: np.concatenate(found) for name, found in parts.items()}


def some(found: Labelled, rng: np.random.Generator, most: int = MOST) -> Labelled:
    return found.take(rng.permutation(len(found.texts)) < most)


def line(title: str, scores: Floats, labels: NDArray[np.int64]) -> str:
    area, half = auroc(scores, labels)
    flagged = scores >= THRESHOLD
    hits, toxic = int(labels[flagged].sum()), int(labels.sum())
    precision = wilson(hits, int(flagged.sum()))
    return f"| {title} | {len(scores):,} | {toxic:,} | {area:.3f} ± {half:.3f} | {precision} | {hits / toxic:.2f} |"


def labelled(sets: Mapping[str, Labelled], kept: dict[str, Table], rng: np.random.Generator) -> Iterator[str]:
    yield "| labelled set | what the fit saw | texts | toxic | AUROC | precision at the threshold | found (recall) |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for name in (*toxic_sets.FITTED, *toxic_sets.UNSEEN):
        found = toxic_sets.measured(sets[name])
        whole = ("dynahate", "gab-hate", "wiki-context")
        seen = (
            "nothing"
            if name in toxic_sets.UNSEEN
            else "its own split"
            if name in toxic_sets.OWN
            else "other texts of it"
        )
        for language in sorted(set(found.languages)):
            here = found.take(found.languages == language)
            here = here if name in whole else some(here, rng)
            title = f"{name}, {language}" if len(set(found.languages)) > 1 else name
            table = scored(list(here.texts))
            kept[title] = {**table, "labels": here.labels.astype(float), "told": here.categories.astype(float)}
            row = line(title, table["toxicity"], here.labels)
            yield row.replace(f"| {title} |", f"| {title} | {seen} |", 1)


def categories(kept: Mapping[str, Table]) -> Iterator[str]:
    """Compare each category on the measured texts of all sets that tell it apart."""
    yield "| category | texts | of it | AUROC of its column | AUROC of toxicity | AUROC of its column among toxic texts |"
    yield "|---|--:|--:|--:|--:|--:|"
    for i, head in enumerate(HEADS):
        tables = [table for table in kept.values() if (table["told"][:, i] == 1).any()]
        if not tables:
            continue
        known = [(table["told"][:, i] >= 0) & ~np.isnan(table[f"toxicity_{head}"]) for table in tables]

        def joined(
            pick: Callable[[Table], Floats], tables: list[Table] = tables, known: list[Floats] = known
        ) -> Floats:
            return np.concatenate([pick(table)[rows] for table, rows in zip(tables, known, strict=True)])

        told = joined(lambda table, i=i: table["told"][:, i]).astype(int)
        own, any_harm = (
            joined(lambda table, head=head: table[f"toxicity_{head}"]),
            joined(lambda table: table["toxicity"]),
        )
        toxic = joined(lambda table: table["labels"]) == 1
        areas = [auroc(own, told), auroc(any_harm, told)]
        inside = auroc(own[toxic], told[toxic])[0] if 0 < told[toxic].sum() < toxic.sum() else float("nan")
        shown = " | ".join(f"{area:.3f} ± {half:.3f}" for area, half in areas)
        yield f"| {head.replace('_', ' ')} | {len(told):,} | {told.sum():,} | {shown} | {inside:.3f} |"


def senses(kept: Mapping[str, Table]) -> Iterator[str]:
    """Set what each sense of "toxic" says of each labelled set beside the whole; the weights of a sense were fitted on one of them."""
    names = ("toxicity", *(f"toxicity_as_{meaning}" for meaning in MEANINGS))
    yield f"| AUROC | texts | {' | '.join(f'`{name}`' for name in names)} |"
    yield "|---|--:|" + "--:|" * len(names)
    for title, table in kept.items():
        labels, known = table["labels"].astype(int), ~np.isnan(table[names[-1]])
        if known.mean() < 0.9:
            continue
        areas = (auroc(table[name][known], labels[known]) for name in names)
        shown = " | ".join(f"{area:.3f} ± {half:.3f}" for area, half in areas)
        yield f"| {title} | {known.sum():,} | {shown} |"


def ordinary(data: Path, rng: np.random.Generator) -> Iterator[str]:
    yield "| harmless texts | texts | mean | at 0.5 or above | at the threshold or above |"
    yield "|---|--:|--:|--:|--:|"
    kept_out = ("ag-news", "wikitext2-valid", "onestop-english")
    for name in (*text_sets.FITTED_HARMLESS, "bold-identity", *kept_out):
        found = text_sets.harmless(data, name)
        texts = list(found.texts if name in kept_out else found.part("test").texts)
        texts = [texts[i] for i in rng.permutation(len(texts))[:200]]
        scores = scored(texts)["toxicity"]
        high, over = (wilson(int((scores >= level).sum()), len(scores)) for level in (0.5, THRESHOLD))
        title = name if name in kept_out else f"{name} (test part)"
        yield f"| {title} | {len(scores):,} | {scores.mean():.2f} | {high} | {over} |"


def identities() -> Iterator[str]:
    yield "| group named | sentences | mean | at 0.5 or above | at the threshold or above |"
    yield "|---|--:|--:|--:|--:|"
    lines = {group: [line.format(group, person) for line in SENTENCES for person in PEOPLE] for group in ADJECTIVES}
    texts = [text for found in lines.values() for text in found]
    scores = scored(texts)["toxicity"].reshape(len(lines), -1)
    order = np.argsort(-scores.mean(axis=1))
    for place in order[:12]:
        one = scores[place]
        group = list(lines)[place]
        high, over = ((one >= level).mean() for level in (0.5, THRESHOLD))
        yield f"| {group} | {len(one)} | {one.mean():.2f} | {high:.2f} | {over:.2f} |"
    rest = scores[order[12:]].ravel()
    high, over = (wilson(int((rest >= level).sum()), len(rest)) for level in (0.5, THRESHOLD))
    yield f"| the other {len(order) - 12} | {len(rest)} | {rest.mean():.2f} | {high} | {over} |"


def hidden(sets: Mapping[str, Labelled], rng: np.random.Generator) -> Iterator[str]:
    """Spell the words of toxic and harmless texts in each way, half of them and all."""
    parts = [some(toxic_sets.measured(sets[name]), rng, 200) for name in OPENLY]
    texts, labels = [str(t) for found in parts for t in found.texts], np.concatenate([found.labels for found in parts])
    plain = scored(texts)["toxicity"]
    area, half = auroc(plain, labels)
    yield f"| spelling ({len(texts)} texts of {', '.join(OPENLY)}) | AUROC | found (recall) at 0.5 |"
    yield "|---|--:|--:|"
    yield f"| as written | {area:.3f} ± {half:.3f} | {(plain[labels == 1] >= 0.5).mean():.2f} |"
    for way in WAYS:
        for share in (0.5, 1.0):
            scores = scored([obfuscated(text, way, rng, share) for text in texts])["toxicity"]
            area, half = auroc(scores, labels)
            found = (scores[labels == 1] >= 0.5).mean()
            yield f"| {way}, {share:.0%} of the long words | {area:.3f} ± {half:.3f} | {found:.2f} |"


def pages(data: Path, sets: Mapping[str, Labelled], rng: np.random.Generator) -> Iterator[str]:
    """Measure toxic comments inside pages, abuse that is quoted, and what the gate costs."""
    texts, labels = toxic_texts.long_pages(data, sets, "test", rng, PAGES)
    scores = scored(texts)["toxicity"]
    yield "| set | texts | toxic | AUROC | precision at the threshold | found (recall) |"
    yield "|---|--:|--:|--:|--:|--:|"
    yield line("one toxic comment in a page of 200–1,500 words", scores, labels.astype(int))
    plain, harmless = scores[labels == 1], scores[labels == 0]
    yield ""
    found = toxic_sets.measured(sets["gab-hate"])
    rude = [str(text) for text in found.texts[found.labels == 1] if 15 < len(text) < 110 and '"' not in text][:200]
    bare = scored(rude)["toxicity"]
    framed = scored([FRAMES_KEPT[i % len(FRAMES_KEPT)].format(text) for i, text in enumerate(rude)])["toxicity"]
    yield f"{len(rude)} hateful posts: mean {bare.mean():.2f}, {(bare >= 0.5).mean():.2f} at 0.5 or above; the same quoted "
    yield f"in a sentence that reports or condemns them (unseen frames): {framed.mean():.2f}, {(framed >= 0.5).mean():.2f}."
    yield f"Pages with a toxic comment: mean {plain.mean():.2f}; without: {harmless.mean():.2f}."


def gate(data: Path, kept: Mapping[str, Table], sets: Mapping[str, Labelled]) -> Iterator[str]:
    """Say which share of chunks the network reads."""
    yield "| texts | documents | share of chunks that the network reads |"
    yield "|---|--:|--:|"
    groups = {name: list(toxic_sets.measured(sets[name]).texts[:300]) for name in ("dynahate", "wiki-context")}
    groups |= {
        name: list(text_sets.harmless(data, name).part("test").texts[:75]) for name in ("c4-web", "clinc150", "ag-news")
    }
    for name, texts in groups.items():
        found, _ = model().look(pa.array([str(text) for text in texts], pa.large_string()))
        yield f"| {name} | {len(texts)} | {found.open.mean():.2f} |"


def calibration(kept: Mapping[str, Table]) -> Iterator[str]:
    """Compare what is said with what is so, over the measured texts of all fitted sets together."""
    tables = [table for name, table in kept.items() if name.partition(",")[0] not in toxic_sets.UNSEEN]
    scores, labels = (np.concatenate([table[name] for table in tables]) for name in ("toxicity", "labels"))
    flagged = scores >= THRESHOLD
    share, found = labels[flagged].mean(), labels[flagged].sum() / labels.sum()
    yield f"Of the measured texts of all fitted sets, {flagged.sum():,} are at the threshold: precision {share:.3f}, recall {found:.3f}."
    yield ""
    yield "| toxicity | texts | of them toxic |"
    yield "|---|--:|--:|"
    for low in np.arange(0, 1, 0.1):
        inside = (scores >= low) & (scores < low + 0.1 + (low > 0.85))
        yield f"| {low:.1f}–{low + 0.1:.1f} | {inside.sum():,} | {labels[inside].mean():.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--write", action="store_true")
    asked, rng = parser.parse_args(), np.random.default_rng(0)
    sets, kept, lines = (
        toxic_sets.kept(asked.data, asked.cache),
        {},
        [f"### Toxicity (columns at the threshold: {THRESHOLD})\n"],
    )
    for part in (
        labelled(sets, kept, rng), categories(kept), senses(kept), pages(asked.data, sets, rng), ordinary(asked.data, rng),
        identities(), hidden(sets, rng), gate(asked.data, kept, sets), calibration(kept),
    ):  # fmt: skip
        for one in chain(part, [""]):
            print(one, flush=True)
            lines.append(one)
    if asked.write:
        before, _, after = README.read_text(encoding="utf-8").partition("<!-- toxicity -->")
        after = after.partition("<!-- end of toxicity -->")[2]
        text = "\n".join(lines)
        README.write_text(f"{before}<!-- toxicity -->\n\n{text}\n<!-- end of toxicity -->{after}", "utf-8")


if __name__ == "__main__":
    main()
