"""Comparing selections on six documents: every figure can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import write_lines
from winnow.catalog.filters import Filter
from winnow.errors import SettingError
from winnow.jobs.compare import compare
from winnow.workspace import Workspace


@pytest.fixture
def kept(scored: Workspace) -> Workspace:
    """Give the selections low (0, 1, 2) and wiki (0 and 1, twice each)."""
    scored.select("top", docs=3, name="low", settings={"column": "stars", "lowest": True})
    twice = {"weights": {"wiki": 1.0}, "max_epochs": 2}
    scored.select("manual", tokens=10_000, name="wiki", settings=twice, filter=Filter(where="source = 'wiki'"))
    return scored


def test_counts_by_hand(kept: Workspace) -> None:
    found = compare(kept.catalog, ["low", "wiki"])
    assert [(side["name"], side["kind"]) for side in found["sides"]] == [
        ("corpus", "corpus"), ("low", "selection"), ("wiki", "selection"),
        ("random", "baseline"), ("balanced random", "baseline"),
    ]  # fmt: skip
    tokens = kept.browse.arrow(Filter(), ["tokens"]).column(0).to_pylist()
    corpus, low, wiki, *baselines = found["sides"]
    assert (low["documents"], low["tokens_seen"]) == (3, sum(tokens[:3]))
    assert (wiki["documents"], wiki["tokens_seen"], wiki["most_often"]) == (2, 2 * sum(tokens[:2]), 2.0)
    assert wiki["effective_documents"] == 2.0  # (2 + 2)² / (4 + 4)
    assert found["overlap"]["documents"][1][2] == 2
    assert found["overlap"]["jaccard"][1][2] == pytest.approx(2 / 3)
    # 0 and 3 are copies: both are in the corpus, one is in low.
    assert [side["left"]["exact duplicates"] for side in (corpus, low, wiki)] == [1, 0, 0]
    share = found["shares"]["source"]
    assert share["wiki"][1] == pytest.approx(sum(tokens[:2]) / sum(tokens[:3]))
    assert share["wiki"][2] == 1.0
    assert sum(row[0] for row in share.values()) == pytest.approx(1.0)
    assert found["spreads"]["tokens"]["means"][1] == pytest.approx(sum(tokens[:3]) / 3)
    assert found["spreads"]["date"]["missing"] == [1, 0, 0, *(found["spreads"]["date"]["missing"][3:])]
    assert all(row["tokens_seen"] >= low["tokens_seen"] for row in baselines)
    json.dumps(found, allow_nan=False)


def test_length_bias(kept: Workspace) -> None:
    low = compare(kept.catalog, ["low"])["sides"][1]
    tokens = kept.browse.arrow(Filter(), ["tokens"]).column(0).to_pylist()
    pairs = [(a > b) + (a == b) / 2 for a in tokens[:3] for b in tokens[3:]]
    assert low["longer"] == pytest.approx(sum(pairs) / 9)
    assert low["ranked_by"] == "stars"
    assert -1 <= low["score_length"] <= 1


def test_distance_to_a_target(kept: Workspace, tmp_path: Path) -> None:
    assert "target_ngrams" not in compare(kept.catalog, ["low"])["sides"][1]
    texts = kept.catalog.texts.texts([0, 1])
    path = write_lines(tmp_path / "gsm8k_test.jsonl", [{"text": text} for text in texts])
    found = compare(kept.catalog, ["wiki", "low"], target=str(path))
    corpus, wiki, low, *_ = (side["target_ngrams"] for side in found["sides"])
    assert wiki < low < corpus or wiki < corpus < low
    assert any("gsm8k_test.jsonl is the test split" in note for note in found["notes"])


def test_diversity_is_measured_on_as_many_of_each(kept: Workspace) -> None:
    kept.embed("hashed")
    found = compare(kept.catalog, ["low", "wiki"])
    assert any("diversity: 2 documents of each" in note for note in found["notes"])
    for side in found["sides"]:
        assert 0 <= side["nearest_distance"] <= 2
        assert 1 <= side["vendi"] <= 2.0001  # two documents: from one kind to two


def test_baselines_draw_from_where_the_first_began(kept: Workspace) -> None:
    kept.select("random", share=1, name="forum", filter=Filter(where="source = 'forum'"))
    kept.select("top", docs=1, name="inner", within="forum", settings={"column": "stars"})
    found = compare(kept.catalog, ["inner"])
    shares = found["shares"]["source"]
    assert shares["forum"][2:] == [1.0, 1.0]


def test_what_cannot_be_compared_is_told(kept: Workspace) -> None:
    with pytest.raises(SettingError, match="none was named"):
        compare(kept.catalog, [])
    with pytest.raises(SettingError, match="did you mean 'low'"):
        compare(kept.catalog, ["lo"])
