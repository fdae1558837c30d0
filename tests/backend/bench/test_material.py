"""The documents that benchmarks run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from winnow.bench.material import from_file, made
from winnow.errors import InputError


def test_made_documents_are_long_enough_varied_and_always_the_same() -> None:
    material = made(50)
    assert material == made(50)
    assert {len(text) for text in material.texts} <= set(range(3900, 4001))
    assert len(set(material.texts)) == 50
    assert material.first(2).texts == material.texts[:2]
    assert material.bytes >= 50 * 3900


def test_batches_hold_every_document_once_and_are_new_each_time() -> None:
    material = made(600, characters=50)
    batches = material.batches()
    assert [batch.num_rows for batch in batches] == [512, 88]
    assert [text for batch in batches for text in batch.column("text").to_pylist()] == list(material.texts)
    assert batches[1].column("doc_id")[0].as_py() == 512
    assert material.batches()[0] is not batches[0]


def test_a_file_gives_its_first_texts_that_are_not_blank(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "one"}\n{"text": "two"}\n{"text": "  "}\n{"text": "three"}\n{"text": "four"}\n')
    assert from_file(path, 3).texts == ("one", "two", "three")
    path.write_text('{"text": "one"}\n')
    with pytest.raises(InputError, match="holds 1"):
        from_file(path, 3)
