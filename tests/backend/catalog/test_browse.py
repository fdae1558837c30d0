"""What pages ask: each answer against one worked out by hand, and against each other."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from conftest import write_lines
from winnow.catalog import browse as browsing
from winnow.catalog.browse import Count
from winnow.catalog.codes import CodedBars, Codes
from winnow.catalog.facets import Facet
from winnow.catalog.filters import Filter
from winnow.errors import MissingNeed, QueryError
from winnow.score.network.transformer import model_folder
from winnow.workspace import Workspace


def test_counts_and_facets(scored: Workspace) -> None:
    browse = scored.browse
    assert browse.facet("source", Filter()) == Facet([("forum", 2), ("wiki", 2), ("spam", 1)], missing=1)
    assert browse.facet("source", Filter(), limit=1) == Facet([("forum", 2)], missing=1, others=3, other_names=2)
    assert browse.facet("source", Filter(where="stars > 4")) == Facet([], missing=1)
    assert browse.facet("source", Filter(where="false")) == Facet([], missing=0)
    tokens = browse.arrow(Filter().with_values("source", "wiki"), ["tokens"]).column("tokens").to_pylist()
    assert browse.count(Filter().with_values("source", "wiki")) == Count(2, sum(tokens))


def test_a_facet_is_numbered_again_only_when_its_column_changed(
    scored: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbered: list[str] = []
    make_names, make_bars = browsing.coded_names, browsing.coded_bars

    def names(cursor: duckdb.DuckDBPyConnection, column: str) -> Codes:
        numbered.append(column)
        return make_names(cursor, column)

    def bars(cursor: duckdb.DuckDBPyConnection, column: str, kind: str, count: int) -> CodedBars:
        numbered.append(column)
        return make_bars(cursor, column, kind, count)

    monkeypatch.setattr(browsing, "coded_names", names)
    monkeypatch.setattr(browsing, "coded_bars", bars)

    def ask() -> list[str]:
        for filter in (Filter(), Filter(where="doc_id < 4")):
            scored.browse.facet("source", filter)
            scored.browse.facet("label", filter)
            scored.browse.histogram("tokens", filter)
        asked = numbered[:]
        numbered.clear()
        return asked

    assert ask() == ["source", "label", "tokens"]
    scored.score(["pii"])
    assert ask() == []
    scored.labels.add(1, "keep", who="ana")
    assert ask() == ["label"]
    assert scored.browse.facet("label", Filter()).values == [("keep", 1)]
    scored.score(["tokens"], settings={"tokens": {"tokenizer": str(model_folder() / "tokenizer.json")}})
    assert ask() == ["tokens"]
    scored.ingest([write_lines(scored.folder.parent / "more.jsonl", [{"text": "One more.", "source": "wiki"}])])
    assert ask() == ["source", "label", "tokens"]
    assert scored.browse.facet("source", Filter()).values == [("wiki", 3), ("forum", 2), ("spam", 1)]


def test_kinds_of_columns(scored: Workspace) -> None:
    kinds = {name: column.kind for name, column in scored.browse.columns().items()}
    assert {
        "source": "group",
        "stars": "number",
        "date": "date",
        "id": "name",
        "url": "name",
        "label": "group",
    }.items() <= (kinds.items())


def test_a_histogram_counts_every_document_once(scored: Workspace) -> None:
    """stars are 1, 2, 3, 4, none, 5: one bar a value; from 3 on, two documents of forum are left."""
    histogram = scored.browse.histogram("stars", Filter())
    assert histogram.edges == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert (histogram.counts, histogram.all, histogram.missing) == ([1] * 5, [1] * 5, 1)
    forum = scored.browse.histogram("stars", Filter().with_values("source", "forum"))
    assert (forum.counts, forum.all, forum.missing) == ([0, 0, 1, 1, 0], [1] * 5, 0)
    dates = scored.browse.histogram("date", Filter(), bars=3)
    assert dates.edges == ["2020-01-01", "2021-01-01", "2022-01-01"]
    assert (dates.counts, dates.missing) == ([2, 3], 1), "the newest lies beyond the edges, in the outer bar"
    with pytest.raises(QueryError, match="holds groups"):
        scored.browse.histogram("source", Filter())


def test_pages_are_sorted_and_cut(scored: Workspace) -> None:
    page = scored.browse.page(Filter(), columns=["stars"], sort="stars", limit=2, offset=1)
    assert page["doc_id"].tolist() == [3, 2]
    page = scored.browse.page(Filter(), columns=["stars"], sort="stars", descending=False, limit=6)
    assert page["doc_id"].tolist() == [0, 1, 2, 3, 5, 4], "missing values come last"
    with pytest.raises(QueryError, match="did you mean 'stars'"):
        scored.browse.page(Filter(), columns=["star"])


def test_a_search_orders_its_page(corpus: Workspace) -> None:
    page = corpus.browse.page(Filter(search="buy OR bread"), columns=["source"])
    assert page["doc_id"].tolist() == [4, 1]
    assert page["score"].is_monotonic_decreasing
    assert corpus.browse.doc_ids(Filter(search="river", where="stars > 1")).tolist() == [3]


def test_a_sample_is_drawn_by_its_seed(scored: Workspace) -> None:
    drawn = [scored.browse.doc_ids(Filter(), sample=3, seed=seed).tolist() for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len({tuple(ids) for ids in drawn}) > 1
    assert len(scored.browse.doc_ids(Filter(), sample=100)) == 6


def test_the_queue_leaves_out_what_is_done(scored: Workspace) -> None:
    browse = scored.browse
    assert browse.queue(Filter(), done=[0], order="highest", column="stars") == [5, 3, 2, 1, 4]
    assert browse.queue(Filter(), done=[5], order="lowest", column="stars", limit=2) == [0, 1]
    assert sorted(browse.queue(Filter(), done=[])) == [0, 1, 2, 3, 4, 5]
    with pytest.raises(QueryError, match="choose from"):
        browse.queue(Filter(), done=[], order="sideways")


def test_one_document_and_where_it_stands(scored: Workspace) -> None:
    assert scored.browse.values(1)["source"] == "wiki"
    assert scored.browse.percentiles(2, ["stars", "source"]) == {"stars": 3 / 5}
    assert scored.browse.percentiles(4, ["stars"]) == {}, "a missing value stands nowhere"
    with pytest.raises(QueryError, match="no document 6"):
        scored.browse.values(6)


def test_groups_in_numbers(scored: Workspace) -> None:
    summary = scored.browse.summary("stars", "source", Filter())
    assert summary["name"].tolist() == ["forum", "wiki", "(none)", "spam"]
    assert summary["documents"].tolist() == [2, 2, 1, 1]
    assert summary["mean"].tolist()[:3] == [3.5, 1.5, 5.0]
    assert pd.isna(summary["mean"][3])
    assert scored.browse.ids_of(["a", "f", "zzz"]) == {"a": 0, "f": 5}


def test_what_needs_clusters_says_so(scored: Workspace) -> None:
    for ask in (lambda: scored.browse.clusters(Filter()), lambda: scored.browse.centres("source")):
        with pytest.raises(MissingNeed, match="winnow cluster"):
            ask()


def test_counts_do_not_pile_up(scored: Workspace) -> None:
    for number in range(scored.browse.COUNTS + 5):
        scored.browse.count(Filter().with_range("stars", number, None))
    assert len(scored.browse._counts.counts) <= scored.browse.COUNTS
