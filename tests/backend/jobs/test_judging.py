"""What judges' answers come to: both orders of a pair, bias, malformed answers, costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from winnow.errors import MissingNeed
from winnow.jobs.judging import Judged, answers_kept, ask, estimate, prompts_about
from winnow.jobs.progress import Silent
from winnow.judge.base import Answer, Judge, Prompt
from winnow.rate.evidence import Pairs, Values
from winnow.rate.pairwise import QuRating
from winnow.rate.pointwise import DataMan, Edu
from winnow.rate.questions import DOMAINS, RATINGS


@dataclass(frozen=True, kw_only=True)
class Scripted(Judge):
    """Says what it was told to, in order."""

    name: ClassVar[str] = "scripted"
    said: list[Answer] = field(default_factory=list, metadata={"help": "Answers."})

    def __post_init__(self) -> None: ...

    def key(self, prompt: Prompt) -> str:
        return "00"

    def answers(self, prompts: Iterable[Prompt]) -> Iterator[Answer]:
        return iter([answer for _, answer in zip(prompts, self.said, strict=True)])


def votes(second: float) -> Answer:
    """An answer that gives the text shown second so much."""
    return Answer("B" if second > 0.5 else "A", {"A": 1 - second, "B": second}, 10, 1)


def heard(rater: QuRating | Edu | DataMan, texts: list[str], said: list[Answer], tmp_path: Path) -> Judged:
    class Nothing:
        def get(self, key: str) -> None:
            return None

        def put(self, key: str, answer: Answer) -> None: ...

    return ask(rater, Scripted(said=said), texts, Nothing(), Silent())


def test_both_orders_make_one_probability(tmp_path: Path) -> None:
    # Forward 18 of 20 for the second, backward 6 of 20: (.9 + 1 - .3) / 2 = .8.
    judged = heard(QuRating(criteria=("style",)), ["x", "y"], [votes(0.9), votes(0.3)], tmp_path)
    pairs = judged.evidence["style"]
    assert isinstance(pairs, Pairs)
    assert pairs.share == pytest.approx([0.8])
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0], [1])


def test_unsure_pairs_are_left_out_and_bias_is_told(tmp_path: Path) -> None:
    # Pair 1: .8, kept. Pair 2: both orders prefer the second, .5, unsure. Pair 3: (.6 + .7) / 2 = .65, unsure at .5.
    # Bias: ((.9 + .3) + (1 + 1) + (.6 + .3)) / 2 / 3 - .5 = 4.1 / 6 - .5; the first and third agree in both orders.
    said = [votes(0.9), votes(0.3), votes(1.0), votes(1.0), votes(0.6), votes(0.3)]
    judged = heard(QuRating(criteria=("style",)), list("abcdef"), said, tmp_path)
    assert len(judged.evidence["style"]) == 1
    assert judged.unsure == 2
    assert judged.position_bias == pytest.approx(4.1 / 6 - 0.5)
    assert judged.consistent == pytest.approx(2 / 3)
    every = heard(QuRating(criteria=("style",), confidence=0.0), list("abcdef"), said, tmp_path)
    assert every.evidence["style"].share == pytest.approx([0.8, 0.5, 0.65])


def test_a_pair_with_one_malformed_answer_is_left_out(tmp_path: Path) -> None:
    said = [votes(0.9), Answer("both are fine"), votes(0.1), votes(0.9), Answer(error="status 500"), votes(0.2)]
    judged = heard(QuRating(criteria=("style",)), list("abcdef"), said, tmp_path)
    assert (judged.asked, judged.malformed, judged.failed) == (6, 1, 1)
    assert judged.evidence["style"].share == pytest.approx([0.1])
    assert judged.examples == ["both are fine", "status 500"]


def test_ratings_are_means_over_likelihoods(tmp_path: Path) -> None:
    said = [Answer("4", {"4": 0.5, "5": 0.5, "0": 0.0}), Answer("no"), Answer("1", {"1": 1.0})]
    judged = heard(Edu(), list("abc"), said, tmp_path)
    values = judged.evidence[""]
    assert isinstance(values, Values)
    np.testing.assert_array_equal(values.values, [4.5, np.nan, 1])


def test_one_answer_fills_fourteen_columns_and_the_domain(tmp_path: Path) -> None:
    filled = "\n".join([*(f"{name}: 4/5" for name in RATINGS), "domain: C"])
    judged = heard(DataMan(), list("ab"), [Answer(filled), Answer(filled.replace("coherence: 4/5", ""))], tmp_path)
    assert len(judged.evidence) == 15
    assert judged.malformed == 1
    assert judged.evidence["domain"].values[0] == DOMAINS.index("Law")


def test_nothing_usable_is_said_with_an_example(tmp_path: Path) -> None:
    with pytest.raises(MissingNeed, match="2 were malformed; I am a teapot"):
        heard(Edu(), ["a", "b"], [Answer("I am a teapot")] * 2, tmp_path)


def test_prompts_and_their_price(tmp_path: Path) -> None:
    rater = QuRating(criteria=("style", "depth"))
    prompts = list(prompts_about(rater, ["one", "two", "three", "four"]))
    # Two criteria, two pairs, both orders.
    assert len(prompts) == 8
    assert prompts[0].text.index("one") < prompts[0].text.index("two")
    assert prompts[1].text.index("two") < prompts[1].text.index("one")
    cost = estimate(rater, Scripted(), ["one", "two", "three", "four"], answers_kept(tmp_path))
    assert (cost.requests, cost.tokens_out) == (8, 64)
