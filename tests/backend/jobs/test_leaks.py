"""What contamination found: per benchmark, item, document and selection."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import DOCUMENTS, write_lines
from winnow.errors import MissingNeed
from winnow.jobs.leaks import Match, hits, matches, of_selections, per_benchmark, per_item
from winnow.workspace import Workspace

RIVER, TRAIN = DOCUMENTS[0]["text"], DOCUMENTS[2]["text"]


@pytest.fixture
def audited(corpus: Workspace, tmp_path: Path) -> Workspace:
    """Documents 0 and 3 hold item 1 of rivers_test, document 2 item 2 of trains; nobody holds the others."""
    rivers = write_lines(
        tmp_path / "rivers_test.jsonl", [{"question": RIVER}, {"question": "Who mended the mill then?"}]
    )
    trains = write_lines(tmp_path / "trains.jsonl", [{"question": "When does the bus leave?"}, {"question": TRAIN}])
    settings = {"contamination": {"benchmarks": (str(rivers), str(trains)), "ngram": 4}}
    corpus.score(["tokens", "contamination"], settings=settings)
    return corpus


def test_nothing_is_known_before_it_was_looked_for(corpus: Workspace) -> None:
    assert matches(corpus.catalog, 0) == []
    with pytest.raises(MissingNeed, match="winnow score contamination --set benchmarks="):
        per_benchmark(corpus.catalog)


def test_per_benchmark_and_item(audited: Workspace) -> None:
    assert per_benchmark(audited.catalog).to_pylist() == [
        {"benchmark": "rivers_test", "split": "test", "items": 2, "held": 1, "share": 0.5, "documents": 2},
        {"benchmark": "trains", "split": "", "items": 2, "held": 1, "share": 0.5, "documents": 1},
    ]
    assert per_item(audited.catalog).to_pylist() == [
        {"benchmark": "rivers_test", "row": 1, "documents": 2, "coverage": 1.0, "text": RIVER},
        {"benchmark": "trains", "row": 2, "documents": 1, "coverage": 1.0, "text": TRAIN},
    ]


def test_a_document_names_its_items(audited: Workspace) -> None:
    assert matches(audited.catalog, 3) == [Match("rivers_test", 1, 1.0, 6, RIVER)]
    assert matches(audited.catalog, 1) == []


def test_the_rule_of_the_run_decides_what_counts(audited: Workspace) -> None:
    recipe = dict(audited.catalog.manifest.run("columns", "contamination").recipe)
    recipe.pop("method")
    audited.score(["contamination"], settings={"contamination": recipe | {"rule": "run", "least_run": 6}})
    assert hits(audited.catalog).column("doc_id").to_pylist() == [0, 3]
    assert hits(audited.catalog, met=False).column("doc_id").to_pylist() == [0, 2, 3]


def test_a_selection_of_leaked_documents_alone_amplifies(audited: Workspace) -> None:
    from winnow.catalog.filters import Filter

    audited.select("random", name="leaky", share=1.0, filter=Filter(where="contaminated"))
    audited.select("random", name="clean", share=1.0, filter=Filter(where="NOT contaminated"))
    found = {(row.selection, row.benchmark): row for row in of_selections(audited.catalog)}
    # 3 of 6 documents are kept, and all 3 leaked ones: 1 / .5.
    assert found["leaky", "(all)"].amplified.value == 2
    assert (found["leaky", "trains"].leaked, found["leaky", "trains"].kept) == (1, 1)
    assert found["clean", "(all)"].amplified.value == 0
    assert [row.selection for row in of_selections(audited.catalog, ["clean"])] == ["clean"] * 3
