from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import one_process, write_lines
from made_texts import MILL, RAILWAY, invented
from winnow.errors import InputError, MissingNeed, SettingError
from winnow.jobs.online_weights import mean_shares, of_documents, of_groups
from winnow.jobs.proof_plan import Asked
from winnow.pool import Pool
from winnow.workspace import Workspace


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """80 documents, a quarter of them of rivers, and a proof in which two methods work inside the training."""
    folder = tmp_path_factory.mktemp("online-weights")
    rows = [{"text": invented(MILL, n), "source": "river"} for n in range(30)]
    rows += [{"text": invented(RAILWAY, n), "source": "train"} for n in range(90)]
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    write_lines(folder / "guide.jsonl", [{"text": invented(MILL, 2000 + n)} for n in range(20)])
    write_lines(folder / "held.jsonl", [{"text": invented(MILL, 1000 + n)} for n in range(12)])
    recipes = ({"method": "loss_reweight"}, {"method": "dga", "every": 2, "ema": 0.5, "eta": 20.0})
    guide = str(folder / "guide.jsonl")
    workspace.prove("steered", asked(folder, online=recipes, guide=guide).recipe)
    return workspace


def asked(folder: Path, **told: object) -> Asked:
    known = {"selections": (), "target": str(folder / "held.jsonl"), "seeds": 2, "tokens": 5_120, "general": 8}
    return Asked(**{**known, **told})


def test_shares_over_checkpoints_and_runs() -> None:
    runs = [
        [(1, {"a": 0.5, "b": 0.5}), (2, {"a": 0.7, "b": 0.3})],
        [(1, {"a": 0.5, "b": 0.5}), (2, {"a": 0.9, "b": 0.1})],
    ]
    # (.5 + .7 + .5 + .9) / 4 = .65; the last ones (.7 + .9) / 2 = .8.
    assert mean_shares(runs, last=False) == pytest.approx({"a": 0.65, "b": 0.35})
    assert mean_shares(runs, last=True) == pytest.approx({"a": 0.8, "b": 0.2})


def test_a_group_is_seen_by_its_share_over_its_part_of_the_tokens() -> None:
    pool = Pool(np.arange(3), np.array([10, 20, 10]))
    # a has 30 of 40 tokens: .6 / .75 = .8; b .4 / .25 = 1.6; c has no share.
    assert of_groups(pool, ["a", "a", "b"], {"a": 0.6, "b": 0.4}).tolist() == pytest.approx([0.8, 0.8, 1.6])
    assert of_groups(pool, ["a", "a", "c"], {"a": 1.0})[2] == 0


def test_a_document_weighs_what_it_did_in_the_runs_that_read_it() -> None:
    pool = Pool(np.array([3, 1, 2, 9]), np.ones(4, dtype=np.int64))
    parts = [(np.array([1, 2]), np.array([0.4, 1.0])), (np.array([2, 3, 7]), np.array([2.0, 0.5, 9.0]))]
    assert of_documents(pool, parts).tolist() == [0.5, 0.4, 1.5, 0.0]


def test_the_mixture_of_a_proof_becomes_a_selection_with_weights(corpus: Workspace) -> None:
    kept = corpus.keep_weights("steered", "dga", "mixed")
    ids, weights = kept.read()
    rivers = np.isin(ids, np.arange(30))
    assert weights[rivers].min() > 1 > weights[~rivers].max()
    assert len(np.unique(weights)) == 2
    tokens = dict(corpus.sql("SELECT doc_id, tokens FROM docs", limit=1000).to_pandas().itertuples(index=False))
    counts = np.array([tokens[one] for one in ids.tolist()])
    assert counts @ weights == pytest.approx(counts.sum())
    late, _ = corpus.keep_weights("steered", "dga", "mixed_late", last=True).read(), None
    assert late[1][np.isin(late[0], np.arange(30))].min() > weights[rivers].min()


def test_weights_of_documents_are_kept_and_proved(corpus: Workspace) -> None:
    ids, weights = corpus.keep_weights("steered", "loss_reweight", "reweighted").read()
    assert 0 < len(ids) <= 120
    assert weights.std() > 0
    made = corpus.prove("proved", asked(corpus.folder.parent, selections=("reweighted",), seeds=2).recipe)
    assert made.complete


def test_the_guide_of_a_mixture_may_not_be_what_its_selection_is_proved_on(corpus: Workspace) -> None:
    corpus.keep_weights("steered", "dga", "guided")
    guide = str(corpus.folder.parent / "guide.jsonl")
    with pytest.raises(InputError, match="20 that guided one"):
        corpus.proofs.lay_out(asked(corpus.folder.parent, selections=("guided",), target=guide), "unfair")


def test_what_has_no_weights_is_said(corpus: Workspace) -> None:
    with pytest.raises(SettingError, match="'random' has none"):
        corpus.keep_weights("steered", "random", "nothing")
    with pytest.raises(SettingError, match="did you mean 'dga'"):
        corpus.keep_weights("steered", "dgaa", "nothing")
    recipe = ({"method": "loss_reweight"},)
    corpus.proofs.lay_out(asked(corpus.folder.parent, online=recipe), "begun")
    with pytest.raises(MissingNeed, match="a finished run"):
        corpus.keep_weights("begun", "loss_reweight", "nothing")
