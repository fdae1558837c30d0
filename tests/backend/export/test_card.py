"""The data card: front matter that the Hub can read, and names that cannot break out of their cells."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from winnow.export.card import MOST_ROWS, card, size_category
from winnow.export.jsonl import JsonLines
from winnow.export.parquet import Parquet

MANIFEST: dict[str, Any] = {
    "selection": "best-tenth",
    "recipe": {"method": {"method": "top", "column": "quality"}, "seed": 7},
    "budget": {"asked": {"share": 0.1}, "spent": {"documents": 1200, "tokens": 6000}},
    "pool": {"documents": 9000, "tokens": 60_000, "fingerprint": "0123456789abcdef"},
    "counts": {"source": {"web": 900, "books": 300}, "language": {"fr": 200, "en": 900, "(none)": 100}},
    "format": {"method": "parquet", "shard_docs": 1000, "compression": "zstd"},
    "columns": {"doc_id": "int64", "text": "string"},
    "documents": 1200,
    "files": [{"name": "part-00000.parquet"}, {"name": "part-00001.parquet"}],
    "versions": {"winnow": "0.1.0"},
    "how_to_load": Parquet().usage("part-*.parquet"),
}


def front_matter(text: str) -> dict[str, Any]:
    _, matter, _ = text.split("---\n", 2)
    return yaml.safe_load(matter)


def test_the_front_matter_is_read_by_the_hub() -> None:
    assert front_matter(card(MANIFEST)) == {
        "pretty_name": "best-tenth",
        "language": ["en", "fr"],
        "license": "other",
        "size_categories": ["1K<n<10K"],
        "task_categories": ["text-generation"],
        "tags": ["winnow", "data-selection", "top"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "part-*.parquet"}]}],
    }


@pytest.mark.parametrize(
    ("documents", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (53_840, "10K<n<100K"),
        (10**6, "1M<n<10M"),
        (10**9, "1B<n<10B"),
        (10**12 - 1, "100B<n<1T"),
        (10**12, "n>1T"),
        (10**15, "n>1T"),
    ],
)
def test_sizes(documents: int, category: str) -> None:
    assert size_category(documents) == category


def test_it_says_how_much_was_chosen_from_what_and_how() -> None:
    text = card(MANIFEST)
    assert "1,200 documents with 6,000 tokens, chosen from 9,000 documents with 60,000 tokens (10.0% of the" in text
    assert "| web | 900 | 75.0% |\n| books | 300 | 25.0% |" in text
    assert '"column": "quality"' in text
    assert "0123456789abcdef" in text
    assert 'load_dataset("parquet", data_files="part-*.parquet"' in text


def test_json_lines_are_loaded_as_json() -> None:
    files = [{"name": "part-00000.jsonl.gz"}]
    packed = JsonLines(compression="gzip")
    told = {"format": packed.recipe, "how_to_load": packed.usage("part-*.jsonl.gz")}
    text = card({**MANIFEST, "files": files, **told})
    assert 'load_dataset("json", data_files="part-*.jsonl.gz"' in text
    assert front_matter(text)["configs"][0]["data_files"][0]["path"] == "part-*.jsonl.gz"


def test_long_tables_say_how_much_they_leave_out() -> None:
    counts = {f"source {place:03}": 1 for place in range(MOST_ROWS + 7)}
    text = card({**MANIFEST, "counts": {"source": counts}})
    assert len(re.findall(r"^\| source \d+ ", text, re.MULTILINE)) == MOST_ROWS
    assert "7 more are in manifest.json." in text


def test_names_cannot_break_out_of_their_cells() -> None:
    hostile = "a|b\n\n# c <script>alert(1)</script> [d](http://e) `f`"
    text = card({**MANIFEST, "counts": {"source": {hostile: 1}}, "selection": "x: y\n---\n# z"})
    assert front_matter(text)["pretty_name"] == "x: y --- # z"
    assert "<script>" not in text
    (row,) = [line for line in text.split("\n") if "alert" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 4


def test_an_empty_export_has_a_card() -> None:
    empty = {
        **MANIFEST,
        "documents": 0,
        "files": [],
        "counts": {},
        "budget": {"asked": {"docs": 5}, "spent": {"documents": 0, "tokens": 0}},
        "pool": {"documents": 0, "tokens": 0, "fingerprint": ""},
    }
    assert front_matter(card(empty))["size_categories"] == ["n<1K"]
    assert "language" not in front_matter(card(empty))


def test_a_chain_and_a_held_out_target_are_told() -> None:
    assert "Steps" not in card(MANIFEST)
    assert "Held-out" not in card(MANIFEST)
    steps = [
        {"step": name, "documents": n, "tokens": 10 * n} for name, n in (("corpus", 9000), ("rules", 20), ("top", 3))
    ]
    told = card({**MANIFEST, "steps": steps, "held_out_targets": ["gsm8k_test.jsonl is the test split of gsm8k"]})
    assert "| rules | 20 | 200 |" in told
    assert r"- gsm8k\_test.jsonl is the test split of gsm8k" in told
