"""Asking a judge about documents: the prompts, what they cost, and what the answers say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from winnow.errors import MissingNeed
from winnow.jobs.progress import Progress
from winnow.judge.base import Answer, Cost, Judge, Prompt
from winnow.judge.cache import AnswerCache
from winnow.rate.base import Rater
from winnow.rate.evidence import Evidence, Pairs, Values
from winnow.rate.head import Output
from winnow.rate.questions import excerpt

READ = 3000
"""Characters of a text that a judge is shown: about 700 tokens."""


@dataclass
class Judged:
    """What a judge said: evidence by name, and how it went about it."""

    evidence: dict[str, Evidence]
    asked: int = 0
    malformed: int = 0
    failed: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    unsure: int = 0
    examples: list[str] = field(default_factory=list)
    position_bias: float | None = None
    consistent: float | None = None

    def count(self, answer: Answer, understood: bool) -> None:
        self.asked += 1
        self.cached += answer.cached
        self.failed += bool(answer.error)
        self.malformed += not answer.error and not understood
        if not answer.cached:
            self.tokens_in += answer.tokens_in
            self.tokens_out += answer.tokens_out
        if not understood and len(self.examples) < 5:
            self.examples.append((answer.error or answer.text)[:200])

    def told(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "evidence"}


def answers_kept(corpus: Path) -> AnswerCache:
    """Return the answers of all judges about this corpus: they were paid for, and lie outside cache/."""
    return AnswerCache(corpus / "judge" / "answers.jsonl")


def pairwise(rater: Rater) -> bool:
    return rater.output(next(iter(rater.asked()), "")).kind == "preference"


def prompts_about(rater: Rater, texts: Sequence[str]) -> Iterator[Prompt]:
    """Yield every prompt: one a text, or for neighbours (0, 1), (2, 3) … both orders."""
    shown = [excerpt(text, READ) for text in texts]
    for name in rater.asked():
        if pairwise(rater):
            for place in range(0, len(shown) - 1, 2):
                yield rater.prompt(name, shown[place], shown[place + 1])
                yield rater.prompt(name, shown[place + 1], shown[place])
        else:
            yield from (rater.prompt(name, text) for text in shown)


def estimate(rater: Rater, judge: Judge, texts: Sequence[str], cache: AnswerCache) -> Cost:
    return judge.estimate(prompts_about(rater, texts), cache)


def ask(rater: Rater, judge: Judge, texts: Sequence[str], cache: AnswerCache, progress: Progress) -> Judged:
    """Ask about every text or pair; raises MissingNeed when nothing that came back can be used."""
    total = sum(1 for _ in prompts_about(rater, texts))
    progress.stage(f"ask {getattr(judge, 'model', type(judge).name)}", total, "answers")

    def answers() -> Iterator[Answer]:
        for answer in judge.ask(prompts_about(rater, texts), cache):
            progress.advance(1)
            yield answer

    judged = _pairs(rater, len(texts), answers()) if pairwise(rater) else _values(rater, len(texts), answers())
    if not judged.evidence:
        found = f"{judged.failed} of {judged.asked} answers failed and {judged.malformed} were malformed"
        found += f"; it was unsure of {judged.unsure} of {judged.asked // 2} pairs" if judged.unsure else ""
        raise MissingNeed(
            "the judge's answers cannot be used", "; ".join([found, *judged.examples[:1]]), "try another model"
        )
    return judged


def _pairs(rater: Rater, n: int, answers: Iterator[Answer]) -> Judged:
    judged, sure, bias, agreed = Judged({}), getattr(rater, "confidence", 0.0) / 2, [], []
    firsts = range(0, n - 1, 2)
    for name in rater.asked():
        kept: list[tuple[int, float]] = []
        for place in firsts:
            forth, back = (_second_wins(next(answers), judged) for _ in range(2))
            if forth is None or back is None:
                continue
            bias.append((forth + back) / 2 - 0.5)
            agreed.append((forth - 0.5) * (back - 0.5) < 0)
            share = (forth + 1 - back) / 2
            if abs(share - 0.5) < sure:
                judged.unsure += 1
            else:
                kept.append((place, share))
        if kept:
            first = np.array([place for place, _ in kept], dtype=np.int64)
            judged.evidence[name] = Pairs(first, first + 1, np.array([share for _, share in kept]), n)
    if bias:
        judged.position_bias, judged.consistent = float(np.mean(bias)), float(np.mean(agreed))
    return judged


def _second_wins(answer: Answer, judged: Judged) -> float | None:
    """Return the probability that the text shown second is better, None for an answer that says nothing."""
    share = answer.likelihoods.get("B")
    judged.count(answer, share is not None)
    return share


def _values(rater: Rater, n: int, answers: Iterator[Answer]) -> Judged:
    judged = Judged({})
    found: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    for place, answer in enumerate(answers):
        said = None if answer.error else rater.read("", answer)
        judged.count(answer, said is not None)
        for name, value in (said or {}).items():
            column = found.setdefault(name, np.full(n, np.nan))
            column[place] = _number(value, rater.output(name))
    judged.evidence.update({name: Values(values) for name, values in found.items()})
    return judged


def _number(value: float | str, output: Output) -> float:
    return float(output.names.index(value)) if isinstance(value, str) else float(value)
