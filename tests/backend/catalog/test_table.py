"""The wide table: as new as the manifest, whoever reads or publishes meanwhile."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from conftest import DOCUMENTS, one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.catalog.labels import LabelSchema
from winnow.catalog.table import Table
from winnow.compute.local import LocalExecutor
from winnow.errors import CorpusError
from winnow.jobs.progress import Silent
from winnow.jobs.score import score
from winnow.method import param
from winnow.score.base import Scorer
from winnow.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Constant(Scorer):
    """Gives every document one number, in columns that its settings name."""

    name: ClassVar[str] = "constant"
    value: float = param(1.0, "The number.")
    columns_made: tuple[str, ...] = param(("constant",), "The columns.")

    def columns(self) -> dict[str, pa.DataType]:
        return dict.fromkeys(self.columns_made, pa.float64())

    def score(self, batch: pa.RecordBatch, prepared: Any) -> dict[str, Any]:
        return {name: np.full(batch.num_rows, self.value) for name in self.columns_made}


def give(workspace: Workspace, **settings: Any) -> None:
    score(workspace.catalog, [Constant(**settings)], LocalExecutor(1), Silent())


def column(workspace: Workspace, name: str) -> list[Any]:
    values: list[Any] = workspace.browse.arrow(Filter(), [name]).column(name).to_pylist()
    return values


def test_an_empty_corpus_has_columns_and_no_rows(tmp_path: Path) -> None:
    browse = one_process(tmp_path / "corpus").browse
    assert list(browse.columns()) == ["doc_id", "id", "source", "url", "date", "label"]
    assert browse.count(Filter()).documents == 0
    assert browse.facet("source", Filter()).values == []
    assert browse.histogram("date", Filter()).edges == []
    assert browse.page(Filter(), columns=["source"]).empty
    assert browse.doc_ids(Filter()).tolist() == []


def test_columns_of_the_documents_come_typed(corpus: Workspace) -> None:
    assert column(corpus, "stars") == [1, 2, 3, 4, None, 5]
    assert corpus.browse.columns()["stars"].type == "BIGINT"
    assert [str(day)[:10] for day in column(corpus, "date")][:4] == ["2020-01-01", "2020-02-01", "2021-01-01", "None"]


def test_documents_appended_after_a_score_have_no_values(scored: Workspace, tmp_path: Path) -> None:
    before = column(scored, "chars")
    scored.ingest([write_lines(tmp_path / "more.jsonl", [{"id": "g", "text": "One more page.", "stars": 9}])])
    assert column(scored, "chars") == [*before, None]
    assert column(scored, "stars")[-1] == 9
    assert {"shape", "tokens", "duplicates"} <= set(scored.missing()["score"])
    scored.score(["shape", "tokens", "duplicates"])
    assert column(scored, "chars") == [*before, len("One more page.")]
    assert None not in column(scored, "duplicate_keep")
    assert not {"shape", "tokens", "duplicates"} & set(scored.missing()["score"])


def test_a_later_run_replaces_the_columns_of_an_earlier_one(corpus: Workspace) -> None:
    give(corpus, value=1.0, columns_made=("old", "both"))
    assert column(corpus, "both") == [1.0] * 6
    give(corpus, value=2.0, columns_made=("both", "new"))
    assert column(corpus, "both") == column(corpus, "new") == [2.0] * 6
    assert "old" not in corpus.browse.columns()
    give(corpus, value=1.0, columns_made=("old", "both"))
    assert column(corpus, "both") == [1.0] * 6


def test_a_column_that_a_scorer_makes_hides_one_of_its_name(corpus: Workspace) -> None:
    give(corpus, value=0.5, columns_made=("Stars",))
    assert [name for name in corpus.browse.columns() if name.lower() == "stars"] == ["Stars"]
    assert column(corpus, "Stars") == [0.5] * 6


def test_no_value_is_not_a_number(corpus: Workspace) -> None:
    score(corpus.catalog, [Missing()], LocalExecutor(1), Silent())
    assert column(corpus, "odd") == [None, 1.0, None, 1.0, None, 1.0]
    assert corpus.browse.count(Filter().with_range("odd", 0.0, None)).documents == 3


@dataclass(frozen=True, kw_only=True)
class Missing(Scorer):
    """Gives every other document a number and the others NaN."""

    name: ClassVar[str] = "missing"

    def columns(self) -> dict[str, pa.DataType]:
        return {"odd": pa.float32()}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> dict[str, Any]:
        return {"odd": np.where(batch.column("doc_id").to_numpy() % 2 == 1, 1.0, np.nan).astype(np.float32)}


ODD_KEYS = [
    "",
    "a b",
    'quo"te',
    "apo'strophe",
    "dot.ted",
    "sla/sh",
    "til~de",
    "$x",
    "*",
    "a[0]",
    "new\nline",
    "ключ",
    "label",
]


def test_keys_may_hold_any_character(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    rows = [{"text": f"page {n}", **{key: n * 100 + place for place, key in enumerate(ODD_KEYS)}} for n in (1, 2)]
    workspace.ingest([write_lines(tmp_path / "odd.jsonl", rows)])
    names = {key: name for name, (key, _) in workspace.catalog.manifest.facets().items()}
    assert set(names) == set(ODD_KEYS)
    for place, key in enumerate(ODD_KEYS):
        assert column(workspace, names[key]) == [100 + place, 200 + place], key
        assert workspace.browse.count(Filter().with_range(names[key], 150, None)).documents == 1


def test_keys_that_differ_in_case_are_columns_of_their_own(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "one.jsonl", [{"text": "one", "Lang": "en"}])])
    workspace.ingest([write_lines(tmp_path / "two.jsonl", [{"text": "two", "lang": "de", "LANG": "fr"}])])
    names = {key: name for name, (key, _) in workspace.catalog.manifest.facets().items()}
    assert len({name.lower() for name in names.values()}) == 3
    assert column(workspace, names["Lang"]) == ["en", None]
    assert column(workspace, names["lang"]) == [None, "de"]
    assert column(workspace, names["LANG"]) == [None, "fr"]


@pytest.mark.parametrize(
    ("first", "late", "kind"),
    [
        (1, 2.5, "DOUBLE"),
        (1, "n/a", "VARCHAR"),
        (True, "maybe", "VARCHAR"),
        (1.5, 2, "DOUBLE"),
        (3, None, "BIGINT"),
        ("4", "5", "BIGINT"),
        ("4", "0.5", "DOUBLE"),
        ("4", "007", "VARCHAR"),
    ],
)
def test_a_kind_learnt_from_some_documents_loses_no_value_of_others(
    tmp_path: Path, first: Any, late: Any, kind: str
) -> None:
    """The kind of a column is learnt from the first 5,000 documents and a sample of the rest; 6,001 is not sampled."""
    workspace = one_process(tmp_path / "corpus")
    rows = [{"text": f"page {n}", "x": first} for n in range(6_000)] + [
        {"text": "late", "x": first},
        {"text": "", "x": 0},
    ]
    rows[-1] = {"text": "later", "x": late}
    workspace.ingest([write_lines(tmp_path / "pages.jsonl", rows)])
    assert workspace.browse.columns()["x"].type == kind
    last = column(workspace, "x")[-1]
    assert last == (str(late) if kind == "VARCHAR" else late and float(late))


def test_labels_are_seen_at_once_also_by_others(scored: Workspace) -> None:
    other = Workspace(scored.folder)
    assert column(other, "label") == [None] * 6
    scored.labels.add(2, "keep", who="ana")
    assert column(other, "label") == [None, None, "keep", None, None, None]
    other.labels.add(2, "drop", who="ben")
    assert column(scored, "label")[2] == "drop"
    other.labels.undo(who="ben")
    assert column(scored, "label")[2] == "keep"
    scored.labels.define(LabelSchema("topic", "What is it about?", ("river", "bread")))
    assert column(other, "label_topic") == [None] * 6
    scored.labels.add(1, "bread", who="ana", schema="topic")
    assert column(other, "label_topic")[1] == "bread"
    assert column(other, "label")[2] == "keep"
    give(scored)
    assert column(other, "label")[2] == "keep"
    assert column(Workspace(scored.folder), "label_topic")[1] == "bread"


def test_a_label_between_two_reads_is_not_missed(scored: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = scored.catalog.labels
    scored.labels.add(0, "keep", who="ana")
    column(scored, "label")
    read = labels.changed_since

    def interrupted(seq: int) -> list[Mapping[str, Any]]:
        found = list(read(seq))
        monkeypatch.setattr(labels, "changed_since", read)
        writer = threading.Thread(target=lambda: scored.labels.add(1, "drop", who="ana"))
        writer.start()
        writer.join()
        return found

    scored.labels.add(2, "keep", who="ana")
    monkeypatch.setattr(labels, "changed_since", interrupted)
    assert column(scored, "label")[2] == "keep"
    assert column(scored, "label")[:3] == ["keep", "drop", "keep"]


def test_a_lost_shard_is_named(corpus: Workspace) -> None:
    shutil.rmtree(corpus.folder / "docs")
    with pytest.raises(CorpusError, match=r"docs/part-00000\.parquet"):
        Workspace(corpus.folder).browse.count(Filter())


def test_a_reader_sees_one_state_though_the_table_is_replaced(scored: Workspace, tmp_path: Path) -> None:
    table: Table = scored.catalog.table
    with table.cursor() as cursor:
        assert cursor.execute("SELECT COUNT(*) FROM docs").fetchone() == (6,)
        scored.ingest([write_lines(tmp_path / "more.jsonl", [{"id": "g", "text": "One more page."}])])
        give(scored)
        assert scored.browse.count(Filter()).documents == 7
        assert cursor.execute("SELECT COUNT(*), COUNT(chars) FROM docs").fetchone() == (6, 6)


ADD = """
import json, sys
from pathlib import Path
from conftest import one_process, write_lines
folder = Path(sys.argv[1])
workspace = one_process(folder / "corpus")
for turn in range(3):
    rows = [{"id": f"{turn}-{n}", "text": f"page {turn} {n}", "group": "abc"[n % 3]} for n in range(300)]
    workspace.ingest([write_lines(folder / f"turn{turn}.jsonl", rows)])
    workspace.score(["shape"])
    workspace.labels.add(turn, "keep", who="other")
"""


def test_eight_threads_ask_while_another_process_publishes(tmp_path: Path) -> None:
    """Every answer is one state of the corpus: whole files, and every document of a state counted once."""
    workspace = one_process(tmp_path / "corpus")
    workspace.ingest([write_lines(tmp_path / "pages.jsonl", DOCUMENTS)])
    here = str(Path(__file__).parents[2])
    program = f"import sys; sys.path.insert(0, {here!r})\n{ADD}"
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.PIPE, text=True)
    wrong: list[Any] = []
    ended = threading.Event()

    def ask(thread: int) -> None:
        while not ended.is_set():
            try:
                rows = workspace.browse.page(Filter(), columns=["source"], limit=10_000)
                if len(rows) not in (6, 306, 606, 906) or rows["doc_id"].tolist() != list(range(len(rows))):
                    wrong.append(len(rows))
                facet = workspace.browse.facet("source", Filter())
                if (sum(n for _, n in facet.values) + facet.missing) % 300 != 6:
                    wrong.append(facet)
                if thread == 0:
                    workspace.sql("SELECT COUNT(*) FROM docs")
            except Exception as reason:
                wrong.append(reason)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    try:
        _, errors = process.communicate(timeout=300)
    finally:
        process.kill()
        ended.set()
        for thread in threads:
            thread.join()
    assert process.returncode == 0, errors
    assert wrong == []
    assert workspace.browse.count(Filter()).documents == 906
    assert column(workspace, "label")[:5] == ["keep"] * 3 + [None] * 2


def test_server_notebook_and_command_side_by_side(scored: Workspace) -> None:
    notebook = Workspace(scored.folder)
    assert notebook.browse.count(Filter()).documents == scored.browse.count(Filter()).documents == 6
    command = [sys.executable, "-m", "winnow", "-w", str(scored.folder), "sql", "--format", "json"]
    scored.labels.add(3, "drop", who="ana")
    query = "SELECT doc_id, label FROM docs WHERE label IS NOT NULL"
    done = subprocess.run([*command, query], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [{"doc_id": 3, "label": "drop"}]
    assert notebook.browse.doc_ids(Filter().with_values("label", "drop")).tolist() == [3]
