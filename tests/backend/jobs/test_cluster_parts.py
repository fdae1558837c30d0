"""Splitting a cluster of a whole corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.errors import MissingNeed, SettingError
from winnow.jobs.cluster_parts import split_cluster
from winnow.workspace import Workspace

TEXTS = ("stir the soup and salt the onions in the pot", "the ferry leaves the harbour and passes the lighthouse")


def test_a_cluster_of_two_topics_is_split_by_topic(tmp_path: Path) -> None:
    corpus = one_process(tmp_path / "corpus")
    rows = [{"text": f"{TEXTS[number % 2]} number {number % 5}"} for number in range(20)]
    corpus.ingest([write_lines(tmp_path / "pages.jsonl", rows)])
    with pytest.raises(MissingNeed, match="winnow cluster"):
        split_cluster(corpus.catalog, 0, 2, who="ana")
    corpus.embed("hashed")
    corpus.cluster(1)
    assert corpus.browse.clusters(Filter())["documents"].tolist() == [20]
    parts = split_cluster(corpus.catalog, 0, 2, who="ana")
    clusters = Workspace(corpus.folder).browse.arrow(Filter(), ["cluster"]).column(0).to_pylist()
    assert set(clusters) == set(parts)
    assert len(set(clusters[0::2])) == len(set(clusters[1::2])) == 1
    assert len(set(corpus.browse.clusters(Filter())["cluster_name"])) == 2
    for wrong in (1, 21):
        with pytest.raises(SettingError, match="two parts or more"):
            split_cluster(corpus.catalog, parts[0], wrong, who="ana")
