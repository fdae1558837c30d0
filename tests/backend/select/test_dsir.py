"""DSIR: published numbers, and the traps of the released code."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from winnow.errors import SettingError
from winnow.pool import Budget, Groups, Pool, Target
from winnow.select import dsir as module
from winnow.select.dsir import Dsir


def corpus(texts: list[str], target: list[str], parts: list[str] | None = None) -> Pool:
    held = pa.array(texts, pa.large_string())
    groups = Groups.of(parts) if parts else None
    return Pool(
        np.arange(len(texts)),
        np.ones(len(texts)),
        target=Target("aim", tuple(target), groups=groups),
        texts=lambda doc_ids: held.take(pa.array(doc_ids)),
    )


def weights(method: Dsir, pool: Pool) -> np.ndarray:
    assert pool.target is not None
    return method.log_weights(pool, [counts for _, counts in method.parts(pool.target)])[0][0]


def rows(method: Dsir, pool: Pool, docs: int, seed: int = 0) -> list[int]:
    return method.select(pool, Budget(docs=docs), seed=seed).rows.tolist()


PLAIN = Dsir(ngram=1, min_words=0, smoothing=0, buckets=65_536)


@pytest.mark.parametrize("mode", ["fast", "sha256"])
def test_log_weights_of_two_words(mode: str) -> None:
    # target: a a a b -> p = (.75, .25); pool: a a a b | a b b b -> q = (.5, .5)
    # log_diff = (ln 1.5, ln .5) = (.405465, -.693147)
    # document (3, 1): 3 * .405465 - .693147 = .523248; document (1, 3): .405465 - 3 * .693147 = -1.673976
    pool = corpus(["a b a a", "a b b b"], ["a a", "a b"])
    found = weights(dataclasses.replace(PLAIN, mode=mode), pool)
    assert found == pytest.approx([0.523248, -1.673976], abs=1e-5)


@pytest.mark.parametrize("mode", ["fast", "sha256"])
def test_a_target_like_the_pool_weighs_every_document_zero(mode: str) -> None:
    texts = ["one two three", "two three four", "five, six"]
    pool = corpus(texts, texts)
    assert weights(Dsir(mode=mode, smoothing=0), pool) == pytest.approx([0, 0, 0], abs=1e-9)


def test_a_document_twice_over_weighs_twice_as_much() -> None:
    pool = corpus(["rain falls", "rain falls rain falls", "sun"], ["rain rain falls sun"])
    once, twice, _ = weights(PLAIN, pool)
    assert twice == pytest.approx(2 * once)


def test_chances_are_in_proportion_to_the_weights() -> None:
    # target a a b -> p = (2/3, 1/3); pool a | b -> q = (.5, .5); w = (4/3, 2/3): "a" comes first two times of three
    pool = corpus(["a", "b"], ["a a b"])
    first = np.mean([rows(PLAIN, pool, 1, seed) == [0] for seed in range(2000)])
    assert first == pytest.approx(2 / 3, abs=0.045)  # four deviations of sqrt(2/9 / 2000) = .0105


def test_a_word_the_target_lacks_costs_nine_without_smoothing_and_little_with_it() -> None:
    # trap: with smoothing 0 a bucket of q = 1e-4 that the target lacks costs ln 1e-8 - ln(1e-4 + 1e-8) = -9.2104
    texts = [" ".join(f"w{i}" for i in range(9_999)) + " odd"]
    pool = corpus(texts, ["w1 w2 w3"])
    counts, one = np.zeros(10_000), np.zeros(10_000)
    counts[:], one[1] = 1, 1  # 10,000 buckets of frequency 1e-4, of which the target has one
    assert dataclasses.replace(PLAIN, buckets=10_000)._differences(one, counts)[0] == pytest.approx(-9.2104, abs=1e-4)
    # default: p = 1 / 10,001, so ln(10,000 / 10,001) = -.0001
    assert Dsir()._differences(one, counts)[0] == pytest.approx(-0.0001, abs=1e-5)
    assert np.isfinite(weights(Dsir(), pool)).all()


def test_everything_can_be_selected() -> None:
    # trap: the released code crashes in argpartition when as many are asked for as there are
    pool = corpus(["a b", "b c", "c d"], ["a"])
    assert sorted(rows(dataclasses.replace(PLAIN, smoothing=1), pool, 3)) == [0, 1, 2]


def test_short_documents_and_texts_of_the_target_are_never_chosen() -> None:
    # the length that n-gram counts tell: (9 + 1) // 2 = 5 words
    pool = corpus(["a b c d e", "a b c d", "x a b c d e"], ["x a b c d e"])
    assert rows(Dsir(min_words=5), pool, 3) == [0]
    with pytest.raises(SettingError, match="dsir needs documents of 100 words"):
        rows(Dsir(), pool, 3)


def test_parts_share_the_budget_and_no_hybrid_wins() -> None:
    # trap: one target of code and prose favours documents that are half of each
    code, prose = "def return self x", "rain fell on hills"
    texts = (
        [f"{code} c{i}" for i in range(10)] + [f"{prose} p{i}" for i in range(10)] + ["def fell self on hills x"] * 4
    )
    pool = corpus(texts, [code] * 3, ["code", "code", "code"])
    target = Target("aim", (code,) * 3 + (prose,) * 3, groups=Groups.of(["code"] * 3 + ["prose"] * 3))
    pool = dataclasses.replace(pool, target=target)
    method = Dsir(min_words=0, sample=False, separate=True)
    assert all(row < 20 for row in rows(method, pool, 8))
    assert sum(row < 10 for row in rows(method, pool, 8)) == 4
    uneven = dataclasses.replace(method, proportions={"code": 3, "prose": 1})
    assert sum(row < 10 for row in rows(uneven, pool, 8)) == 6
    with pytest.raises(SettingError, match="did you mean 'code'"):
        rows(dataclasses.replace(method, proportions={"cod": 1}), pool, 8)
    with pytest.raises(SettingError, match="proportions give at least one group a share"):
        rows(dataclasses.replace(method, proportions={"code": 0}), pool, 8)
    with pytest.raises(SettingError, match="numbers from 0 up"):
        rows(dataclasses.replace(method, proportions={"code": -1}), pool, 8)
    with pytest.raises(SettingError, match="--set separate=true"):
        Dsir(proportions={"code": 1})


@pytest.mark.parametrize("target", [[], [""], [" \n", "\t"]])
def test_a_target_without_words_is_refused(target: list[str]) -> None:
    with pytest.raises(SettingError, match="dsir needs a target with words"):
        rows(Dsir(min_words=0), corpus(["a", "b"], target), 1)


def test_the_selection_comes_nearer_to_the_target_than_chance() -> None:
    chance = np.random.default_rng(0)
    common, rare = np.r_[np.full(50, 1.0), np.full(50, 0.2)], np.r_[np.full(50, 0.2), np.full(50, 1.0)]
    mixed = [common if chance.random() < 0.7 else rare for _ in range(400)]
    texts = [" ".join(f"t{w}" for w in chance.choice(100, 120, p=tilt / tilt.sum())) for tilt in mixed]
    target = [" ".join(f"t{w}" for w in chance.choice(100, 5000, p=rare / rare.sum()))]
    pool = corpus(texts, target)
    chosen = rows(Dsir(), pool, 80)
    share = np.mean([mixed[row] is rare for row in chosen])
    assert share > 0.95
    assert np.mean([tilt is rare for tilt in mixed]) < 0.4


def test_forgetting_ngrams_between_the_readings_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = corpus(["a b c", "c d e", "e f"], ["a b"])
    before = weights(Dsir(), pool)
    monkeypatch.setattr(module, "REMEMBERED", 0)
    np.testing.assert_array_equal(weights(Dsir(), pool), before)


def test_the_order_of_the_target_s_parts_plays_no_part() -> None:
    # trap: the released code takes what the first target wants out of the second one's pool. Both parts want "alpha
    # beta"; named a and b or b and a, the same documents are chosen
    texts = (
        [f"alpha beta n{i}" for i in range(6)] + [f"alpha m{i}" for i in range(6)] + [f"beta k{i}" for i in range(6)]
    )
    aims = [["alpha alpha beta"] * 2, ["beta beta alpha"] * 2]
    method = Dsir(ngram=1, min_words=0, sample=False, separate=True)
    chosen = []
    for first, second in ((0, 1), (1, 0)):
        pool = corpus(texts, [*aims[first], *aims[second]], ["a", "a", "b", "b"])
        chosen.append(sorted(rows(method, pool, 9)))
    assert len(set(chosen[0]) & set(chosen[1])) >= 8  # nine documents divide among two: one is the odd one


def test_a_log_weight_is_a_sum_over_words_and_so_grows_with_length() -> None:
    # trap: length is in the weight. 3 times the words, 3 times the log weight; divided by the number of words it is equal
    pool = corpus(["cat dog", "cat dog cat dog cat dog", "cow"], ["cat", "cat dog"])
    short, long, _ = weights(PLAIN, pool)
    assert long == pytest.approx(3 * short)
    assert long / 6 == pytest.approx(short / 2)
