from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of, texts
from winnow.errors import InputError, MissingNeed
from winnow.score.contamination import Contamination
from winnow.score.folded import FoldedWords, word_places
from winnow.workspace import Workspace

WORDS = [f"{letter}w" for letter in "abcdefghijklmnop"]


def write(folder: Path, name: str, *rows: dict[str, Any]) -> str:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def scored(scorer: Contamination, documents: list[str]) -> dict[str, list[Any]]:
    batch = batch_of(documents)
    found = scorer.score(batch, scorer.prepare([batch]))
    return {
        name: values.to_pylist() if hasattr(values, "to_pylist") else values.tolist() for name, values in found.items()
    }


def test_the_rule_is_strict_and_asks_for_one_item_in_one_document(tmp_path: Path) -> None:
    path = write(tmp_path, "bench_test.jsonl", {"question": " ".join(WORDS), "answer": "4"})
    documents = [" ".join([*WORDS[:length], "and", "more"]) for length in (7, 8, 9, 16)]
    found = scored(Contamination(benchmarks=(path,)), documents)
    assert found["contamination"] == [0, 0.5, 0.5625, 1]
    assert found["contaminated"] == [False, False, True, True]
    assert found["contamination_run"] == [0, 8, 9, 16]
    assert found["contamination_items"] == [0, 0, 1, 1]
    assert found["contamination_share"] == pytest.approx([0, 8 / 10, 9 / 11, 16 / 18])
    assert found["contamination_benchmark"] == [None, *["bench_test"] * 3]
    assert found["contamination_item"][3] == "bench_test item 1"
    lower = scored(Contamination(benchmarks=(path,), threshold=0.4), documents)
    assert lower["contaminated"] == [False, True, True, True]
    by_run = scored(Contamination(benchmarks=(path,), rule="run"), documents)
    assert by_run["contaminated"] == [False, False, False, True]


def test_hits_name_every_item_and_how_many_its_benchmark_has(tmp_path: Path) -> None:
    first = write(tmp_path, "a.jsonl", {"question": " ".join(WORDS)}, {"question": "something else altogether here"})
    second = write(tmp_path, "b.jsonl", {"prompt": " ".join(WORDS[4:14])})
    found = scored(Contamination(benchmarks=(first, second)), ["nothing", " ".join(WORDS[:14])])
    assert found["contamination_hits"][0] == []
    assert found["contamination_hits"][1] == [
        {"benchmark": "a", "row": 1, "coverage": 0.875, "run": 14, "of": 2},
        {"benchmark": "b", "row": 1, "coverage": 1.0, "run": 10, "of": 1},
    ]
    assert found["contamination_item"] == [None, "b item 1"]


def test_spans_mark_the_shared_words_in_any_script(tmp_path: Path) -> None:
    path = write(tmp_path, "t.jsonl", {"question": "Ünï " + " ".join(WORDS[:9])})
    document = "“Hé!” 日本 — üNÏ, " + ", ".join(word.upper() for word in WORDS[:9]) + ". The end"
    plain = "First. " + " ".join(WORDS[:9]) + " last"
    spans = scored(Contamination(benchmarks=(path,)), [document, plain, "x"])["contamination_spans"]
    assert [document[span["start"] : span["end"]] for span in spans[0]] == [
        "üNÏ, " + ", ".join(word.upper() for word in WORDS[:9])
    ]
    assert [plain[span["start"] : span["end"]] for span in spans[1]] == [" ".join(WORDS[:9])]
    assert spans[0][0]["kind"] == "t item 1"
    assert spans[2] == []


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingNeed, match=r"needs benchmarks.*--set benchmarks="):
        Contamination().prepare([])
    with pytest.raises(InputError, match="does not exist"):
        Contamination(benchmarks=(str(tmp_path / "absent.jsonl"),)).prepare([])
    with pytest.raises(MissingNeed, match="hold none"):
        Contamination(benchmarks=(write(tmp_path, "empty.jsonl"),)).prepare([])


def test_a_changed_benchmark_makes_the_columns_anew(corpus: Workspace, tmp_path: Path) -> None:
    path = write(tmp_path, "items.jsonl", {"question": "something that nobody wrote in any of these documents"})
    told = {"contamination": {"benchmarks": (path,)}}
    count = "SELECT COUNT(*) AS n FROM docs WHERE contaminated"
    corpus.score(["contamination"], settings=told)
    assert corpus.sql(count).to_pylist() == [{"n": 0}]
    write(tmp_path, "items.jsonl", {"question": "A vector has a length and a direction."})
    corpus.score(["contamination"], settings=told)
    assert corpus.sql(count).to_pylist() == [{"n": 1}]
    assert corpus.catalog.manifest.tables("contamination")["items"].to_pylist() == [
        {"benchmark": "items", "split": "", "row": 1, "text": "A vector has a length and a direction.", "words": 8}
    ]


@given(texts)
def test_places_of_words_are_as_many_as_the_words(documents: list[str]) -> None:
    import pyarrow as pa

    counts = FoldedWords.of(pa.array(documents, pa.large_string())).counts.tolist()
    assert [len(word_places(text)) for text in documents] == counts


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_places_of_words_are_in_order(text: str) -> None:
    places = word_places(text)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(before[1] <= after[0] or before[0] <= after[0] for before, after in itertools.pairwise(places))
