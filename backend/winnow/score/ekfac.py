"""Which documents raise the likelihood of a target, by the curvature of a language model's layers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Floats
from winnow.score.aimed import Aimed
from winnow.score.base import Values, watch_of
from winnow.score.drawn import drawn
from winnow.score.ekfac_queries import query_tables, query_windows

if TYPE_CHECKING:
    from winnow.lm.curvature import DecoderTask
    from winnow.lm.windows import Windows


QUERY_BYTES = 512e6
"""What the gradients of all queries may take up."""


class Solved(NamedTuple):
    """The target's gradient with the curvature taken out, float32 [out, in] per layer, its length, and tables.

    `queries` are the same for single texts of the target, float32 [queries, out, in] per layer; {} when none were asked for.
    """

    directions: Mapping[str, NDArray[np.float32]]
    length: float
    tables: Mapping[str, pa.Table]
    queries: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class EkfacInfluence(Aimed):
    """Measures which documents raise the likelihood of a target, through the curvature of a model's layers.

    I(z) = g_target^T (H + λ)^-1 g_z with g the gradients of the loss, over the linear layers of a model that Winnow
    taught; H is their Gauss-Newton matrix, approximated as EK-FAC has it: per layer A = E[aa^T], S = E[dd^T] of inputs a
    and of gradients d of losses on tokens that the model itself draws, their eigenvectors, and eigenvalues corrected by
    E[(Q_S^T G Q_A)²]; λ = damping · mean eigenvalue of the layer. Published scores have the other sign: here a value
    above 0 means that more weight on the document raises the target's likelihood. `ekfac_influence` is over the mean
    loss of the document's tokens, `ekfac_influence_sum` over their sum, which long documents dominate, and
    `ekfac_influence_cosine` the mean over its windows of the cosine between g_z and (H + λ)^-1 g_target, which length and
    size do not enter: Quad's. With curvature "none" H + λ is 1: a plain product of gradients. A document without tokens
    has no value. The target is one query: the mean over its texts. With `queries` above 0 so many of its texts are queries of
    their own too: `ekfac_influence_max` is the largest of a document's influences on them, `ekfac_influence_query` the
    number of that query in the table "queries"; the table "query_correlations" says how alike two queries rank the
    documents of the curvature, which tells procedures, shared by queries, from facts. A reconstruction: the authors' code and how they
    normalise by a query's information are not public. Correlational: nothing is trained again. Source: arXiv 2411.12580
    (procedural knowledge), 2308.03296 (EK-FAC influence), 2409.16986 (Quad).
    """

    name: ClassVar[str] = "ekfac_influence"
    stem: ClassVar[str] = "ekfac_influence"
    paper: ClassVar[Paper | None] = Paper(
        "Procedural Knowledge in Pretraining Drives Reasoning in Large Language Models", "2411.12580", 2024
    )
    reconstruction: ClassVar[bool] = True
    # Documents that come in later would be measured against another curvature.
    whole_corpus: ClassVar[bool] = True

    curvature: str = param("ekfac", "What is taken out of the target's gradient.", choices=("ekfac", "none"))
    attention: bool = param(False, "Look at the layers of attention too; the paper looks at the feed-forward ones.")
    damping: float = param(0.1, "λ as a share of a layer's mean eigenvalue; ranks depend on it.", low=1e-6, high=1e3)
    sample: int = param(1000, "Documents that the curvature is measured on.", low=2, high=1_000_000)
    reference_tokens: int = param(131_072, "Tokens of the target that are read.", low=64)
    queries: int = param(0, "Texts of the target whose influences are measured one by one too.", low=0, high=1000)

    def columns(self) -> Mapping[str, pa.DataType]:
        kinds: dict[str, pa.DataType] = dict.fromkeys(("", "_sum", "_cosine"), pa.float32())
        kinds |= {"_max": pa.float32(), "_query": pa.int32()} if self.queries else {}
        return {f"{self.run_name}{ending}": kind for ending, kind in kinds.items()}

    def minutes(self, documents: int) -> float | None:
        """Return the minutes for documents as long as the target's texts, from one batch on this machine."""
        from winnow.lm.curvature import DecoderTask, batches_of
        from winnow.lm.kronecker import products

        if not (self.model and self.target):
            return None
        decoder, tokenizer = self.decoder()
        task = DecoderTask(decoder, self.attention)
        reference = self.reference(tokenizer, decoder.shape.context, self.reference_tokens)
        plain = {name: layer.weight.detach() for name, layer in task.layers.items()}
        batch = next(iter(batches_of(task, reference, self.batch)))
        products(task, batch, plain)
        began = time.monotonic()
        products(task, batch, plain)
        each = (time.monotonic() - began) / len(batch[0]) * len(reference) / max(1, reference.texts)
        # The curvature sends gradients of its sample back twice.
        return each * (documents + 2 * self.sample) / 60

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Solved:
        """Measure the curvature on drawn documents and solve for the target's gradient.

        Memory: the eigenvectors and eigenvalues of every layer in float64, and a batch of windows with the gradient of
        each.
        """
        from winnow.lm.curvature import DecoderTask, batches_of
        from winnow.lm.kronecker import direction, eigen

        decoder, tokenizer = self.decoder()
        task = DecoderTask(decoder, self.attention, self.seed)
        reference = self.reference(tokenizer, decoder.shape.context, self.reference_tokens)
        chosen = drawn(corpus, self.sample, self.seed, self.starts)
        watch = watch_of(corpus)
        watch.stage(f"curvature for {self.run_name}", 2, "passes")
        read = self.cut(chosen.texts, tokenizer, decoder.shape.context)
        curved = self.curvature == "ekfac" and len(read) > 0
        measured = eigen(task, batches_of(task, read, self.batch)) if curved else {}

        def solved(texts: Windows) -> dict[str, NDArray[np.float32]]:
            found = direction(task, batches_of(task, texts, self.batch))
            told = {name: measured[name].solved(one, self.damping) if curved else one for name, one in found.items()}
            return {name: value.float().cpu().numpy() for name, value in told.items()}

        directions = solved(reference)
        length = float(np.sqrt(sum(float(np.square(value, dtype=np.float64).sum()) for value in directions.values())))
        tables = {"card": self._card(len(chosen.doc_ids), reference, length)}
        if not self.queries:
            watch.advance(2)
            return Solved(directions, length, tables, {})
        asked = list(query_windows(reference, self._affordable(directions)))
        single = [solved(one) for one in asked]
        stacked = {name: np.stack([one[name] for one in single]) for name in directions}
        values = self._influences(task, read, stacked)[0]
        watch.advance(2)
        return Solved(directions, length, {**tables, **query_tables(asked, values)}, stacked)

    def _affordable(self, directions: Mapping[str, NDArray[np.float32]]) -> int:
        """Return how many texts are queries; raises SettingError when their gradients take too much memory."""
        each = sum(value.nbytes for value in directions.values())
        if self.queries * each > QUERY_BYTES:
            raise SettingError(
                f"{self.name}: the gradients of all queries take {QUERY_BYTES / 1e6:.0f} MB at most",
                f"{self.queries} of {each / 1e6:.1f} MB", f"--set queries={max(1, int(QUERY_BYTES / each))}",
            )  # fmt: skip
        return self.queries

    def tables(self, prepared: Solved) -> Mapping[str, pa.Table]:
        return prepared.tables

    def score(self, batch: pa.RecordBatch, prepared: Solved) -> Mapping[str, Values]:
        from winnow.lm.curvature import DecoderTask

        decoder, tokenizer = self.decoder()
        task = DecoderTask(decoder, self.attention)
        cut = self.cut(batch.column("text"), tokenizer, decoder.shape.context)
        stacked = {
            name: np.concatenate([value[None], prepared.queries[name]] if prepared.queries else [value[None]])
            for name, value in prepared.directions.items()
        }
        values, cosines, tokens, windows = self._influences(task, cut, stacked)
        means = values / np.maximum(tokens, 1)[:, None]
        cosine = cosines[:, 0] / np.maximum(windows, 1) / max(prepared.length, 1e-30)
        found: dict[str, NDArray[Any]] = {"": means[:, 0], "_sum": values[:, 0], "_cosine": cosine}
        if self.queries:
            found |= {"_max": means[:, 1:].max(axis=1), "_query": means[:, 1:].argmax(axis=1)}
        kinds, empty = self.columns(), tokens == 0
        return {
            (name := f"{self.run_name}{ending}"): pa.array(one, kinds[name], mask=empty, safe=False)
            for ending, one in found.items()
        }

    def _influences(
        self, task: DecoderTask, cut: Windows, directions: Mapping[str, NDArray[np.float32]]
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Return, per text, the inner products with each direction and their sum over windows by the gradient's length,
        float64 [texts, directions], and how many tokens and windows it has.
        """
        import torch

        from winnow.lm.curvature import batches_of
        from winnow.lm.kronecker import products
        from winnow.lm.windows import IGNORED

        place = task.decoder.embedding.weight.device
        there = {name: torch.from_numpy(value).to(place) for name, value in directions.items()}
        many = len(next(iter(directions.values())))
        sums, cosines = np.zeros((cut.texts, many)), np.zeros((cut.texts, many))
        tokens, windows = np.zeros(cut.texts), np.zeros(cut.texts)
        rows_of = cut.batches(self.batch) if len(cut) else ()
        for (rows, _), part in zip(rows_of, batches_of(task, cut, self.batch), strict=True):
            inner, squares = (one.cpu().numpy() for one in products(task, part, there))
            text = cut.text[rows]
            np.add.at(sums, text, inner)
            np.add.at(cosines, text, inner / np.maximum(np.sqrt(squares), 1e-30)[:, None])
            np.add.at(tokens, text, (cut.targets[rows] != IGNORED).sum(axis=1))
            np.add.at(windows, text, 1)
        return sums, cosines, tokens, windows

    def _card(self, documents: int, reference: Any, length: float) -> pa.Table:
        told = {"documents of the curvature": documents, "texts of the target": reference.texts}
        rows = [*told.items(), ("windows of the target", len(reference)), ("length of the solved gradient", length)]
        return pa.table({"what": [name for name, _ in rows], "value": [float(value) for _, value in rows]})
