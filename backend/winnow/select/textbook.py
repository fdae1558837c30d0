"""Selection of textbook-like prose: a score proposes, reviewers decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Floats, Groups, Pool, Rows
from winnow.select.base import Draw, Ranker, ordered

ACCEPTED = frozenset({"accept", "accepted", "keep", "yes", "true", "1"})
REJECTED = frozenset({"reject", "rejected", "drop", "no", "false", "0"})


@dataclass(frozen=True, kw_only=True)
class Textbook(Ranker):
    """The most textbook-like documents, where a reviewer's word always outranks the score.

    Documents that a reviewer accepted come first, those rejected never, and the rest by likeness from `threshold` on.
    The likeness is any column that says how far a text explains, defines and argues step by step: hand labels spread by
    a head, a judge, or quality. `audit` draws the documents to review next, as many from every tenth of the likeness.

    A reconstruction: arXiv 2408.03506 reports an automated workflow with manual review over expository prose, and
    neither its score nor its rules.
    """

    name: ClassVar[str] = "textbook"
    paper: ClassVar[Paper] = Paper("1.5-Pints Technical Report: Pretraining in Days, Not Months", "2408.03506", 2024)
    reconstruction: ClassVar[bool] = True

    column: str = param("quality", "How textbook-like a document is.", column="number")
    threshold: float | None = param(None, "The least likeness of a document that nobody reviewed.")
    review: str = param(
        "", "A column of decisions, such as accept and reject or 1 and 0; empty for none.", column="any"
    )

    def needs(self) -> frozenset[str]:
        return frozenset({self.column, self.review} if self.review else {self.column})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        likeness, decision = self._likeness(pool), self.decisions(pool)
        passes = likeness >= (-np.inf if self.threshold is None else self.threshold)
        order = np.argsort(ordered(np.where(np.isnan(likeness), -np.inf, likeness), draw.order("ties")))
        by_score = np.where(passes, order, np.nan)
        return np.where(decision > 0, len(pool) + order, np.where(decision < 0, np.nan, by_score))

    def _likeness(self, pool: Pool) -> Floats:
        values = pool.number(self.column)
        return np.where(np.isfinite(values), values, np.nan)

    def decisions(self, pool: Pool) -> Floats:
        """Return 1 for accepted, -1 for rejected and 0 for what nobody decided."""
        if not self.review:
            return np.zeros(len(pool))
        groups: Groups = pool.group(self.review)
        signs = [
            1.0 if name.strip().lower() in ACCEPTED else -1.0 if name.strip().lower() in REJECTED else 0.0
            for name in groups.names
        ]
        return np.array([*signs, 0.0])[groups.codes]

    def audit(self, pool: Pool, documents: int, seed: int = 0) -> Rows:
        """Return undecided documents to review, drawn evenly from the tenths of the likeness; the same for a seed."""
        pool.require(type(self).name, self.needs())
        draw, likeness = Draw(pool, seed), self._likeness(pool)
        rows = np.flatnonzero((self.decisions(pool) == 0) & ~np.isnan(likeness))
        ranked = rows[ordered(likeness[rows], draw.order("ties")[rows])]
        chance = draw.order("audit")
        turns = [part[np.argsort(chance[part])] for part in np.array_split(ranked, 10)]
        longest = max(map(len, turns))
        taken = [part[turn] for turn in range(longest) for part in turns if turn < len(part)]
        return np.array(taken[:documents], dtype=np.int64)
