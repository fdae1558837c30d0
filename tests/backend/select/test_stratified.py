"""stratified and snowcoder: shares and window means by hand."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.stratified import Snowcoder, Stratified


def test_strata_keep_their_share_of_the_tokens() -> None:
    # a has 600 and b 400 of 1000 tokens; of 100 tokens a gets 60 and b 40: 6 and 4 documents of 10 tokens
    sources = ["a"] * 60 + ["b"] * 40
    columns = {"source": Groups.of(sources), "quality": np.arange(100.0)}
    pool = Pool(np.arange(100), np.full(100, 10), columns)
    rows = Stratified().select(pool, Budget(tokens=100)).rows
    assert sorted(rows.tolist()) == [54, 55, 56, 57, 58, 59, 96, 97, 98, 99]


def test_no_token_is_lost_to_rounding() -> None:
    # three strata of one third each and 100 documents: floors give 33 + 33 + 33 = 99; here 34 + 33 + 33
    pool = Pool(np.arange(300), np.ones(300), {"source": Groups.of(list("abc") * 100), "quality": np.zeros(300)})
    rows = Stratified().select(pool, Budget(docs=100)).rows
    assert sorted(np.bincount(rows % 3).tolist()) == [33, 33, 34]


def test_inside_a_stratum_the_top_a_sample_or_chance_decides() -> None:
    pool = Pool(np.arange(100), np.ones(100), {"source": Groups.of(["a"] * 100), "quality": np.arange(100.0)})
    top, sample, chance = (
        set(Stratified(inside=inside, temperature=10).select(pool, Budget(docs=20)).rows.tolist())
        for inside in ("top", "sample", "chance")
    )
    assert top == set(range(80, 100))
    assert top != sample != chance
    assert np.mean(list(sample)) > 60 > np.mean(list(chance))


def test_snowcoder_scores_the_mean_of_the_windows_there_are() -> None:
    # (.9 + .6 + .3) / 3 = .6; a file shorter than one window has the score of that window; no window, no score
    windows = {"head": [0.9, 0.4, np.nan], "middle": [0.6, np.nan, np.nan], "tail": [0.3, np.nan, np.nan]}
    columns = {name: np.array(values) for name, values in windows.items()}
    pool = Pool(np.arange(3), np.ones(3), {**columns, "language": Groups.of(["c", "c", "c"])})
    method = Snowcoder(windows=("head", "middle", "tail"))
    assert method.scores(pool) == pytest.approx([0.6, 0.4, np.nan], nan_ok=True)
    assert method.select(pool, Budget(docs=3)).rows.tolist() == [0, 1]


def test_snowcoder_keeps_the_mix_of_languages_and_ranks_inside() -> None:
    # python scores all below c, yet keeps its 30 of 100: 3 of 10 documents, its best
    languages = ["c"] * 70 + ["python"] * 30
    scores = np.concatenate([np.linspace(0.5, 1, 70), np.linspace(0, 0.4, 30)])
    pool = Pool(np.arange(100), np.ones(100), {"language": Groups.of(languages), "quality": scores})
    rows = Snowcoder().select(pool, Budget(docs=10)).rows
    assert sorted(rows.tolist()) == [63, 64, 65, 66, 67, 68, 69, 97, 98, 99]


def test_snowcoder_sees_fewer_documents_more_often() -> None:
    pool = Pool(np.arange(40), np.ones(40), {"language": Groups.of(["c"] * 40), "quality": np.arange(40.0)})
    chosen = Snowcoder(repeats=4).select(pool, Budget(docs=20))
    assert sorted(chosen.rows.tolist()) == [35, 36, 37, 38, 39]  # 20 / 4
    assert chosen.weights.sum() == 20


def test_snowcoder_without_windows_is_refused() -> None:
    with pytest.raises(SettingError, match="score of one window"):
        Snowcoder(windows=())
