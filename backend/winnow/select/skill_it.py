"""A mixture that favours groups whose training helps other groups, by a graph of prerequisites and the losses now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool
from winnow.select.base import IN_TOKENS, Mixer
from winnow.select.runs import read_runs
from winnow.select.shares import check_groups, check_table

EDGE = 0.5
"""The weight of an edge in the released code, where an edge is there or not."""


@dataclass(frozen=True, kw_only=True)
class SkillIt(Mixer):
    """Groups get more of the budget when they are read badly, or help groups that are, by a graph of prerequisites.

    p_i ∝ prior_i · exp(η · Σ_j A_ij · Σ_τ L_j(τ)), over the last `window` evaluations τ; A_ii = 1 and A_ij is the weight of
    the edge i → j, 0.5 where none is given. Without losses every L is 1, the published start. With `aims` only the losses
    of those groups count, and their mean over the window instead of the sum, as the released code has it. It is no running
    product: each round begins from the prior. Without aims the effective η is about `window` · η · loss, so a longer
    window sharpens. Groups that the graph does not name get nothing. `winnow skills` finds graph and losses by small runs;
    how edges are learnt is a reconstruction, the code for it is not public. A graph that is nearly empty or complete helps
    nothing. Source: arXiv 2307.14430. Raises SettingError.
    """

    name: ClassVar[str] = "skill_it"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Skill-it! A Data-Driven Skills Framework for Understanding and Training Language Models", "2307.14430", 2023
    )
    example: ClassVar[Mapping[str, Any]] = {
        "graph": "from,to\nbooks,news\nbooks,web\nforum,forum",
        "losses": "skill,loss\nbooks,2.1\nnews,2.4\nweb,2.6\nforum,2.2",
    }

    graph: str = param(
        "", "Edges as a table: from,to and perhaps weight; a group without edges is named with itself.", lines=True
    )
    losses: str = param(
        "", "Losses of the groups as a table in order of time: skill,loss. Empty: all are 1.", lines=True
    )
    eta: float = param(0.5, "η: 0 leaves the prior, large values give all to one group.", low=0, high=100)
    window: int = param(3, "How many of the last evaluations of a group count.", low=1, high=10_000)
    prior: Mapping[str, float] = param({}, "Shares to begin from; empty for equal ones.")
    aims: tuple[str, ...] = param((), "Groups whose losses are to fall; none for all.")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_table(self.name, "prior", self.prior, to_one=False)

    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        names, graph = self.skills()
        check_groups(self.name, "graph", dict.fromkeys(names, 1.0), pool, self.by)
        return dict(zip(names, self.mixture(names, graph).tolist(), strict=True))

    def remarks(self, pool: Pool) -> tuple[str, ...]:
        names, graph = self.skills()
        edges, pairs = int((graph > 0).sum()) - len(names), len(names) * (len(names) - 1)
        if pairs > 0 and not 0.1 <= edges / pairs <= 0.9:
            kind = "empty" if edges < pairs / 2 else "complete"
            return (
                f"skill_it: the graph is nearly {kind} ({edges} of {pairs} edges): the method has no advantage then",
            )
        return ()

    def skills(self) -> tuple[tuple[str, ...], Floats]:
        """Return the groups that the graph names, in order, and A, float64 [groups, groups]."""
        if not self.graph.replace(";", "").strip():
            raise SettingError(f"{self.name} needs a graph of skills", "it is empty", "winnow skills NAME --by source")
        read = _edges(self.name, self.graph)
        names = tuple(sorted({name for one, other, _ in read for name in (one, other)}))
        graph = np.eye(len(names))
        for one, other, weight in read:
            if one != other:
                graph[names.index(one), names.index(other)] = weight
        return names, graph

    def mixture(self, names: Sequence[str], graph: Floats) -> Floats:
        """Return the share of every skill, float64 [skills]."""
        for setting, told in (("prior", self.prior), ("aims", dict.fromkeys(self.aims))):
            for name in told:
                if name not in names:
                    raise SettingError(
                        f"{self.name}: {setting} name skills of the graph", f"found '{name}'", ", ".join(names)
                    )
        prior = np.array([float(self.prior.get(name, 0.0)) if self.prior else 1.0 for name in names])
        aims = np.array([name in self.aims for name in names]) if self.aims else None
        return skill_shares(prior, graph, self._history(names), eta=self.eta, aims=aims)

    def _history(self, names: Sequence[str]) -> Floats:
        """Return the last losses of each skill, float64 [evaluations, skills]."""
        if not self.losses.strip():
            return np.ones((1, len(names)))
        runs = read_runs(self.name, self.losses, ("loss",), {}, name="skill")
        found = [
            [loss for one, loss in zip(runs.names, runs["loss"].tolist(), strict=True) if one == name] for name in names
        ]
        counts = {len(losses) for losses in found}
        if len(counts) > 1 or 0 in counts:
            few = names[int(np.argmin([len(losses) for losses in found]))]
            raise SettingError(f"{self.name}: every skill has as many losses", f"'{few}' has fewer", "skill,loss")
        return np.array(found).T[-self.window :]


def skill_shares(
    prior: Floats, graph: Floats, losses: Floats, *, eta: float, aims: np.ndarray[Any, Any] | None = None
) -> Floats:
    """Return p_i ∝ prior_i · exp(η Σ_j A_ij Σ_τ L_j(τ)); losses float64 [evaluations, skills], those of the window.

    With `aims`, bool [skills], the mean over the window instead of the sum, of those skills alone.

    >>> skill_shares(np.ones(2), np.array([[1, 0.5], [0, 1]]), np.array([[1.0, 1.0]]), eta=0.5).round(3).tolist()
    [0.562, 0.438]
    """
    heights = losses.sum(axis=0) if aims is None else np.where(aims, losses.mean(axis=0), 0.0)
    exponent = eta * (graph @ heights)
    highest = exponent[prior > 0].max()
    raised = prior * np.exp(np.minimum(exponent - highest, 0))  # no loss is so high that it overflows
    return np.asarray(raised / raised.sum())


def _edges(who: str, text: str) -> list[tuple[str, str, float]]:
    lines = [line for line in text.replace(";", "\n").splitlines() if line.strip()]
    heading = [cell.strip() for cell in lines[0].split(",")]
    if heading[:2] != ["from", "to"] or heading[2:] not in ([], ["weight"]):
        raise SettingError(
            f"{who}: a graph has columns from, to, weight", f"found {', '.join(heading)}", "from,to,weight"
        )
    made = []
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line.split(",")]
        try:
            weight = float(cells[2]) if len(heading) == 3 else EDGE
        except (IndexError, ValueError):
            weight = np.nan
        if len(cells) != len(heading) or not 0 <= weight <= 1000:
            raise SettingError(f"{who}: an edge is {','.join(heading)}", f"line {number} is '{line}'", "books,news,0.5")
        made.append((cells[0], cells[1], weight))
    if not made:
        raise SettingError(f"{who} needs a graph of skills", "it has a heading alone", "winnow skills NAME --by source")
    return made
