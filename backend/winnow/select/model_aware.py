"""Selection by what small language models think of the documents: arithmetic over columns of losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Floats, Pool
from winnow.select.base import Draw, Ranker


@dataclass(frozen=True, kw_only=True)
class ColorFilter(Ranker):
    """Documents that a model fine-tuned on the target predicts better than the model it was before.

    score(x) = nll(x; prior) - nll(x; conditional), in nats per token; the highest are kept. The prior is trained on a
    random part of the pool, the conditional is a copy of it trained further on texts of the target. With `only` the
    conditional loss alone decides, or the prior's (lowest first). Documents without a loss are never chosen. Train the prior on
    documents that are not chosen from: what it has memorised looks as if the target had not helped. Source: arXiv
    2406.10670.
    """

    name: ClassVar[str] = "color_filter"
    paper: ClassVar[Paper] = Paper(
        "CoLoR-Filter: Conditional Loss Reduction Filtering for Targeted Language Model Pre-training",
        "2406.10670",
        2024,
    )

    prior: str = param("loss_prior", "The prior model's loss, in nats per token.", column="number")
    conditional: str = param("loss_conditional", "The fine-tuned model's loss, in nats per token.", column="number")
    only: str = param(
        "difference",
        "What decides: the reduction, the fine-tuned model's loss alone, or the prior's.",
        choices=("difference", "conditional", "prior"),
    )

    def needs(self) -> frozenset[str]:
        by = {"conditional": {self.conditional}, "prior": {self.prior}}
        return frozenset(by.get(self.only, {self.prior, self.conditional}))

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        if self.only == "conditional":
            return -_loss(pool, self.conditional)
        if self.only == "prior":
            return -_loss(pool, self.prior)
        return _loss(pool, self.prior) - _loss(pool, self.conditional)


@dataclass(frozen=True, kw_only=True)
class MiniPlm(Ranker):
    """Documents that a large model finds much easier than a small one: distillation by data.

    r(x) = nll(x; small) - nll(x; large), in nats per token; the highest are kept (the paper keeps half). The paper's
    formula is log(p_large / p_small); its read-me prints a ratio of logarithms, which is another thing. Not targeted: it
    takes what is hard but learnable, of any kind. Documents without a loss are never chosen. Source: arXiv 2410.17215.
    """

    name: ClassVar[str] = "miniplm"
    paper: ClassVar[Paper] = Paper(
        "MiniPLM: Knowledge Distillation for Pre-Training Language Models", "2410.17215", 2024
    )

    small: str = param("loss_small", "The small model's loss, in nats per token.", column="number")
    large: str = param(
        "loss_large", "The large model's loss, in nats per token, by the same tokenizer.", column="number"
    )

    def needs(self) -> frozenset[str]:
        return frozenset({self.small, self.large})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        return _loss(pool, self.small) - _loss(pool, self.large)


@dataclass(frozen=True, kw_only=True)
class Salt(Ranker):
    """Documents that are challenging yet learnable for an early checkpoint of a small model.

    score(x) = the median over tokens of 1(token is among the ten likeliest) · nll, highest first: documents of which more
    than half the tokens are out of reach score 0, so do trivial ones. The paper's exact form is a reconstruction; its
    reviews report that selecting by it adds nothing to its distillation. Documents without a value are never chosen. Source:
    arXiv 2410.18779.
    """

    name: ClassVar[str] = "salt"
    paper: ClassVar[Paper] = Paper(
        "A Little Help Goes a Long Way: Efficient LLM Training by Leveraging Small LMs", "2410.18779", 2024
    )

    column: str = param("loss_early_learnable", "Column of the masked median, loss_NAME_learnable.", column="number")

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        return _loss(pool, self.column)


@dataclass(frozen=True, kw_only=True)
class RhoLoss(Ranker):
    """Documents that the learner has still to learn and a reference model has learnt: reducible hold-out loss.

    score(x) = nll(x; learner) - nll(x; reference), highest first, with a snapshot of the learner. For text without
    in-batch contrast the joint scores of JEST are these, one by one: with `temperature` above 0 documents are drawn
    without replacement, each with a chance ∝ exp(score / temperature), as JEST draws its batches; 0 takes the highest.
    JEST's results are multimodal; this is its reduction to text. Source: arXiv 2206.07137 (RHO-LOSS), 2406.17711 (JEST).
    """

    name: ClassVar[str] = "rho_loss"
    paper: ClassVar[Paper] = Paper(
        "Prioritized Training on Points that are Learnable, Worth Learning, and Not Yet Learnt", "2206.07137", 2022
    )

    learner: str = param("loss_learner", "The learner's loss, in nats per token.", column="number")
    reference: str = param("loss_reference", "The reference model's loss, in nats per token.", column="number")
    temperature: float = param(0.0, "0 takes the highest; above, chance decides more.", low=0)

    def needs(self) -> frozenset[str]:
        return frozenset({self.learner, self.reference})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        learnable = _loss(pool, self.learner) - _loss(pool, self.reference)
        if self.temperature > 0:
            learnable = learnable / self.temperature + draw.gumbel("rho_loss")
        return learnable


def _loss(pool: Pool, column: str) -> Floats:
    """Return a column of losses with NaN, which is never chosen, for what is no finite number."""
    values = pool.number(column)
    return np.where(np.isfinite(values), values, np.nan)
