from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from conftest import one_process, write_lines
from winnow.cli.main import load_commands, winnow
from winnow.errors import ConflictError, MissingNeed, SettingError
from winnow.jobs.skills import FOLDER, Search, skill_graph
from winnow.prove.tiers import TIERS
from winnow.select.skill_it import SkillIt
from winnow.workspace import Workspace

ASKED = {"tokens": 4_096, "seeds": 2, "rounds": 2, "most": 3}


TINY = {"layers": 1, "width": 32, "heads": 1, "context": 32, "tokens": 4_096}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Three sources of 30 documents each, and one of five, which is too small to be a skill."""
    folder = tmp_path_factory.mktemp("skills")
    rng = np.random.default_rng(0)
    words = {
        "river": ["mill", "boat", "reed", "eel"],
        "rails": ["train", "guard", "ticket"],
        "signs": ["#!", "&&", "%7"],
    }
    rows = [{"text": " ".join(rng.choice(words[source], 50)), "source": source} for source in words for _ in range(30)]
    rows += [{"text": "too few of these", "source": "small"} for _ in range(5)]
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TIERS, "ci", replace(TIERS["ci"], **TINY))
        workspace.skills("three", ASKED)
        yield workspace


def test_every_pair_is_measured_over_the_seeds(corpus: Workspace) -> None:
    made = skill_graph(corpus.catalog, "three")
    assert made.names == ("rails", "river", "signs")
    assert len(made.edges) == 6
    assert {edge.seeds for edge in made.edges} == {2}
    for edge in made.edges:
        i, j = made.names.index(edge.source), made.names.index(edge.to)
        assert made.graph[i, j] == (0.5 if edge.mean < 0 else 0.0)
    assert made.graph.diagonal().tolist() == [1.0, 1.0, 1.0]


def test_the_mixture_is_told_round_by_round_and_against_equal_shares(corpus: Workspace) -> None:
    made = skill_graph(corpus.catalog, "three")
    assert all(sum(shares.values()) == pytest.approx(1.0) for _, shares in made.shares)
    assert made.shares[-1][0] == 4_096
    assert set(made.gains) == set(made.names)
    assert all(np.isfinite(half) for _, half in made.gains.values())


def test_the_selector_reads_what_was_written(corpus: Workspace) -> None:
    made = skill_graph(corpus.catalog, "three")
    selector = SkillIt(graph=(made.folder / "graph.csv").read_text())
    names, graph = selector.skills()
    assert names == made.names
    assert graph.tolist() == made.graph.tolist()
    chosen = corpus.select("skill_it", name="mixed", docs=30, settings={"graph": selector.graph})
    assert chosen.summary["by"]["source"].keys() <= set(made.names)


def test_no_held_out_document_is_read(corpus: Workspace) -> None:
    root = corpus.folder / FOLDER / "three"
    import pyarrow.parquet as pq

    for place in range(3):
        held = pq.read_table(root / "sets" / f"{place}.parquet").column("text").to_pylist()
        read = bytes(np.minimum(np.load(root / f"tokens-{place}.npy"), 255).astype(np.uint8)).decode("utf-8", "replace")
        assert held
        assert not any(text in read for text in held)


def test_what_was_stopped_goes_on_to_the_same_figures(corpus: Workspace) -> None:
    root = corpus.folder / FOLDER / "three"
    before, kept = (root / "found.json").read_text(), (root / "runs" / "0-0.json").stat().st_mtime_ns
    (root / "found.json").unlink()
    (root / "runs" / "0+1-1.json").unlink()
    corpus.skills("three", ASKED)
    assert json.loads((root / "found.json").read_text()) == json.loads(before)
    assert (root / "runs" / "0-0.json").stat().st_mtime_ns == kept
    with pytest.raises(ConflictError, match="another skill graph is called 'three'"):
        corpus.skills("three", {**ASKED, "eta": 0.1})


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"most": 1}, "2 to 12 skills"),
        ({"seeds": 0}, "a seed or more"),
        ({"tokens": 100}, "tokens at least"),
        ({"tier": "cii"}, "'ci'"),
    ],
)
def test_what_cannot_be_compared_is_said(told: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Search(**told).sized()


def test_one_group_is_no_graph(corpus: Workspace) -> None:
    with pytest.raises(MissingNeed, match="between two groups or more"):
        corpus.skills("none", {**ASKED, "filter": {"where": "source = 'river'"}})
    with pytest.raises(SettingError, match="did you mean 'three'"):
        skill_graph(corpus.catalog, "tree")


def test_the_command_says_minutes_before_it_starts(corpus: Workspace, tmp_path: Path) -> None:
    load_commands()
    done = CliRunner().invoke(
        winnow, ["-w", str(corpus.folder), "skills", "dry", "--most", "3", "--tokens", "7680", "--dry-run"]
    )
    assert done.exit_code == 0
    # 3 skills, 3 pairs and 2 mixtures, two seeds each.
    assert "16 runs at most, about" in done.output
    assert not (corpus.folder / FOLDER / "dry").exists()
