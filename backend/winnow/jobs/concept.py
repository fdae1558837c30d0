"""A concept: a scorer learnt from a few documents that somebody picked, over the stored vectors of the whole corpus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.catalog import Catalog
from winnow.catalog.conditions import Hits
from winnow.catalog.label_schemas import LabelSchema
from winnow.errors import ConflictError, MissingNeed, QueryError
from winnow.index.scan import every_row
from winnow.rate.base import FEWEST

if TYPE_CHECKING:
    from winnow.jobs.raters import Card, Raters

BACKGROUND = 500
"""Random documents that stand for what the concept is not, as long as few were picked against it."""
INVERSE_PENALTY = 30.0

Floats = NDArray[np.float32]


def learn_concept(positive: Floats, negative: Floats, background: Floats) -> tuple[Floats, float]:
    """Return weights w [d] and bias b of a logistic regression: sigmoid(x w + b) says how much a vector is of the concept.

    Both sides weigh the same. The picked negatives weigh as much as the background, which stands in for a side without
    any picked document. L2 penalty |w|² / (2 · 30), as in Lilac's concepts.
    """
    from sklearn.linear_model import LogisticRegression

    sides = [(positive, 1) if len(positive) else (background, 1), (negative, 0)]
    sides += [(background, 0)] if len(positive) else []
    parts = [(rows, label) for rows, label in sides if len(rows)]
    shares = {label: sum(1 for _, other in parts if other == label) for label in (0, 1)}
    picked = max(len(positive), len(negative))
    weights = np.concatenate([np.full(len(rows), picked / shares[label] / len(rows)) for rows, label in parts])
    labels = np.concatenate([np.full(len(rows), label) for rows, label in parts])
    model: Any = LogisticRegression(C=INVERSE_PENALTY, max_iter=500)
    model.fit(np.vstack([rows for rows, _ in parts]), labels, sample_weight=weights)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def concept_hits(catalog: Catalog, model: str, examples: Sequence[int], against: Sequence[int]) -> Hits:
    """Return the documents that are rather of the concept than not, with their probability, the likeliest first."""
    documents = catalog.manifest.documents()
    unknown = [doc_id for doc_id in (*examples, *against) if not 0 <= doc_id < documents]
    if unknown:
        raise QueryError(f"there is no document {unknown[0]}", f"the corpus has {documents:,}", "clear the filter")
    picked = np.array([*examples, *against], dtype=np.int64)
    drawn = np.random.default_rng(0).choice(documents, min(BACKGROUND, documents), replace=False)
    background = np.setdiff1d(drawn, picked)
    take = catalog.vectors.take
    weights, bias = learn_concept(
        take(model, picked[: len(examples)]), take(model, picked[len(examples) :]), take(model, background)
    )
    scores = every_row(catalog.vectors.parts(model), weights) + np.float32(bias)
    found = np.flatnonzero(scores >= 0)
    found = np.union1d(found, np.array(examples, dtype=np.int64))
    found = np.setdiff1d(found, np.array(against, dtype=np.int64))
    order = np.argsort(-scores[found], kind="stable")
    return Hits(found[order], 1 / (1 + np.exp(-scores[found][order])))


def keep_concept(
    catalog: Catalog, raters: Raters, name: str, examples: Sequence[int], against: Sequence[int], *, who: str
) -> Card:
    """Keep what was picked as labels of a question called `name`, and fit a rater of that name on them.

    Raises SettingError for a name that cannot be one, ConflictError for one that is taken, MissingNeed for too few.
    """
    if name.lower() in {column.lower() for column in catalog.browse.columns()} or name in catalog.labels.schemas():
        raise ConflictError("a concept needs a name of its own", f"'{name}' is taken", "another name")
    if len(examples) + len(against) < FEWEST:
        found = f"found {len(examples) + len(against)}"
        raise MissingNeed(f"a rater learns from {FEWEST} documents or more", found, "pick more, for it and against it")
    model = catalog.vectors.models()[-1]
    schema = LabelSchema(name, f"Is it of the kind '{name}'?", ("yes", "no"))
    catalog.labels.define(schema)
    rows = [{"doc_id": doc_id, "value": "yes"} for doc_id in examples]
    rows += [{"doc_id": doc_id, "value": "no"} for doc_id in against]
    catalog.labels.add_many(rows, who=who, schema=name)
    return raters.learn(name, "yes_no", plan={"labels": [name]}, settings={"model": model})
