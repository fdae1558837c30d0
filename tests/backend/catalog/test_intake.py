"""Taking documents in: shards, repeated ids, the quarantine and the columns that documents bring."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import one_process, write_lines
from winnow.catalog import intake, writing
from winnow.catalog.intake import SeenIds, hashed
from winnow.catalog.writing import printable
from winnow.errors import ConflictError, InputError
from winnow.workspace import Workspace


@given(st.lists(st.lists(st.none() | st.text("abc", max_size=2), max_size=8), max_size=30))
def test_an_id_is_new_once(batches: list[list[str | None]]) -> None:
    seen, known = SeenIds(), set[str]()
    for batch in batches:
        expected = []
        for identity in batch:
            expected.append(identity is not None and identity in known)
            known |= {identity} - {None} if identity is not None else set()
        assert seen.repeated(hashed(pa.array(batch, pa.string()))).tolist() == expected


def test_shards_are_dense_and_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PART_DOCUMENTS", 4096)
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "a.jsonl", [{"text": f"page {n}"} for n in range(10_000)])])
    workspace.ingest([write_lines(tmp_path / "b.jsonl", [{"text": "last"}])])
    parts = workspace.catalog.manifest.parts()
    assert [(part.first_id, part.documents) for part in parts] == [(0, 4096), (4096, 4096), (8192, 1808), (10_000, 1)]
    ids = np.concatenate([pq.read_table(part.path).column("doc_id").to_numpy() for part in parts])
    assert ids.tolist() == list(range(10_001))
    assert pq.ParquetFile(parts[0].path).metadata.num_row_groups == 2
    assert workspace.catalog.texts.texts([10_000, 0, 4097]) == ["last", "page 0", "page 4097"]


def test_repeated_ids_are_set_aside_with_their_place(corpus: Workspace, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "an id of before"},
        {"id": "z", "text": "new"},
        {"id": "z", "text": "again"},
        {"text": "x"},
    ]
    made = corpus.ingest([write_lines(tmp_path / "more.jsonl", rows)])
    assert (made.documents, made.rejected) == (2, 2)
    found = corpus.quarantine().to_pylist()
    assert [(Path(row["file"]).name, row["line"], row["reason"]) for row in found] == [
        ("more.jsonl", 1, "id 'a' is in the corpus already"),
        ("more.jsonl", 3, "id 'z' is in the corpus already"),
    ]
    assert found[0]["excerpt"] == b"an id of before"


def test_a_file_is_taken_once(corpus: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="--again"):
        corpus.ingest([tmp_path / "pages.jsonl"])
    (tmp_path / "copy.jsonl").write_bytes((tmp_path / "pages.jsonl").read_bytes())
    fresh = write_lines(tmp_path / "fresh.jsonl", [{"id": "new", "text": "fresh"}])
    (tmp_path / "fresh2.jsonl").write_bytes(fresh.read_bytes())
    made = corpus.ingest([tmp_path / "copy.jsonl", fresh, tmp_path / "fresh2.jsonl"])
    assert made.documents == 1
    assert [Path(path).name for path in made.known] == ["copy.jsonl", "fresh2.jsonl"]
    assert corpus.ingest([tmp_path / "pages.jsonl"], again=True).documents == 6


def test_one_bad_file_keeps_no_other_out(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    good = write_lines(tmp_path / "good.jsonl", [{"text": "good"}])
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 this is not")
    bare = tmp_path / "bare.csv"
    bare.write_text("a,b\n1,2\n")
    made = workspace.ingest([tmp_path / "bad.parquet", good, bare])
    assert made.documents == 1
    assert {Path(path).name for path, _ in made.failed} | {
        Path(row["file"]).name for row in workspace.quarantine().to_pylist()
    } == {"bad.parquet", "bare.csv"}
    if made.failed:
        with pytest.raises(InputError):
            workspace.ingest([made.failed[0][0]])


def test_a_file_of_nothing_but_bad_rows_is_counted(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    path = tmp_path / "bad.jsonl"
    path.write_text("{no\n" * 5_000)
    made = workspace.ingest([path])
    assert (made.documents, made.rejected) == (0, 5_000)
    assert workspace.quarantine().num_rows == 5_000
    assert workspace.catalog.manifest.inputs()[0].rejected == 5_000


def test_a_name_that_is_no_text_is_stored_as_one(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "caf\u00e9 corpus")
    path = os.fsencode(tmp_path) + b"/na\xefve page.jsonl"
    Path(os.fsdecode(path)).write_text('{"text": "page"}\n{no\n')
    made = workspace.ingest([os.fsdecode(path)])
    assert (made.documents, made.rejected) == (1, 1)
    assert made.inputs[0].path.endswith("na\\udcefve page.jsonl")
    assert workspace.quarantine().to_pylist()[0]["file"].endswith("na\\udcefve page.jsonl")
    assert workspace.catalog.jobs.all()[0].state == "done"
    assert printable("plain") == "plain"


def test_facets_are_limited(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    for turn in range(2):
        rows = [
            {
                "text": f"page {turn}",
                **{f"k{turn}_{key}": key for key in range(intake.FACETS - 10)},
                "many": "x" * 300,
                "list": [1],
            }
        ]
        workspace.ingest([write_lines(tmp_path / f"{turn}.jsonl", rows)])
    facets = workspace.catalog.manifest.facets()
    assert len(facets) == intake.FACETS
    assert "list" not in facets
    assert "many" not in facets
    assert workspace.document(1).meta["k1_80"] == 80, "what is no column is kept all the same"
