"""What a training step on a document changes in a model's loss on a target: measured for a sample, predicted for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.pool import Floats, Rows
from winnow.score.aimed import Aimed
from winnow.score.base import Values, vectors_of, watch_of
from winnow.score.drawn import Drawn, drawn
from winnow.score.influence_beam import extreme_rows
from winnow.score.influence_card import card
from winnow.score.influence_fit import Fit, earlier_cosines, fitted, standardised

if TYPE_CHECKING:
    from winnow.lm.probing import Documents, Probe

WARMING = 256
"""Documents from which AdamW's moments are made."""

BYTES = 512e6
"""What models of documents that are probed together may take up."""


class Probed(NamedTuple):
    """What was learnt: the fit, the probed documents' numbers (sorted) with the gain in nats measured for each, tables."""

    fit: Fit
    doc_ids: Rows
    gains: NDArray[np.float32]
    tables: Mapping[str, pa.Table]


@dataclass(frozen=True, kw_only=True)
class Influence(Aimed):
    """Measures on a sample what one training step on a document changes in a model's loss on a target, and predicts the rest.

    o(x) = L_target(w) - L_target(w after one step on x), in nats per token, above 0 when x helps; every probe begins with
    the same weights and moments (AdamW, gradients clipped to norm 1; `rule` "sgd" for plain descent). z = (o - mean) /
    deviation over the probes; a linear model on the documents' vectors is fitted to z (`fit` "ridge", its penalty by
    generalised cross-validation, or "huber", which large z pull less), and gives every document its `influence`, in those
    deviations. `influence_measured` is o of the probed documents, null for others. With `rollout` L above 1, L documents
    are learnt one after the other from each start and o is what each adds (Group-MATES; with `bootstrap`, a share of the rows
    is not drawn but found by a beam over a first fit, the predicted best and worst, and all are fitted again): z_1 = I(x_1), z_t = α · I(x_t) ·
    mean over j < t of (1 - h_t · h_j / τ), h the unit vectors; α and τ are fitted with I, for `group_mates`.

    Released MATES fits BERT to the loss after the step, where lower is better, on text; here vectors that are there
    already take its place, the sign is turned, and moments are made anew from documents, for a kept model comes without.
    The table "card" says how well the prediction ranks probed documents it was not fitted to, how far the gains would be
    the same on other texts of the target, and what length alone would do; the table "probes" holds every probe. Raises MissingNeed, InputError, SettingError.
    A reconstruction. Source: arXiv 2406.06046 (MATES), 2502.14709 (Group-MATES).
    """

    name: ClassVar[str] = "influence"
    stem: ClassVar[str] = "influence"
    paper: ClassVar[Paper | None] = Paper(
        "MATES: Model-Aware Data Selection for Efficient Pretraining with Data Influence Models", "2406.06046", 2024
    )
    reconstruction: ClassVar[bool] = True
    whole_corpus: ClassVar[bool] = True

    probes: int = param(1000, "Documents that are probed.", low=2, high=10_000_000)
    rollout: int = param(
        1, "Documents learnt one after the other from each start: 1 for MATES, 4 or 10 for groups.", low=1
    )
    vectors: str = param("static", "The encoder whose vectors the influence is predicted from.")
    fit: str = param("ridge", "How the prediction is fitted.", choices=("ridge", "huber"))
    bootstrap: float = param(
        0.0, "Share of the probes that the fit itself names, in rows it predicts to help most and least; with a rollout.",
        low=0, high=0.9,
    )  # fmt: skip
    rule: str = param("adamw", "How a step is made.", choices=("adamw", "sgd"))
    rate: float = param(
        1e-4, "Learning rate of a step; a larger one measures curvature more than the document.", low=0, high=10
    )
    reference_tokens: int = param(16_384, "Tokens of the target that the loss is measured on after each step.", low=64)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {self.run_name: pa.float32(), f"{self.run_name}_measured": pa.float32()}

    def needs(self) -> frozenset[str]:
        return frozenset({"text", f"vectors:{self.vectors}"})

    def minutes(self, documents: int) -> float | None:
        """Return the minutes that probing takes, from a few probes on this machine."""
        from winnow.lm.probing import beginnings

        if not (self.model and self.target):
            return None
        probe = self._probe()
        some = pa.array(self.texts()[:8] * 8, pa.large_string()).slice(0, max(8, self.rollout))
        shape = probe.decoder.shape
        material = beginnings(self.starts(some), self.decoder()[1], shape.context, self._windows(shape.context))
        together = min(self._together(probe), max(1, 8 // self.rollout))
        return probe.seconds(material, self.rollout, together) * min(self.probes, documents) / 60

    def prepare(self, corpus: Iterable[pa.RecordBatch]) -> Probed:
        """Probe drawn documents and fit the prediction.

        Memory: the beginnings and vectors of twice as many documents as are probed, and the models of those that are
        probed together, at most `BYTES` but one at least.
        """
        probe = self._probe()
        chosen = drawn(corpus, self.probes, self.seed, self.starts, self.vectors)
        chosen = chosen.take(len(chosen.doc_ids) // self.rollout * self.rollout)
        material = self._material(chosen, probe)
        start = probe.start(material.take(slice(0, WARMING)))
        watch = watch_of(corpus)
        watch.stage(f"probe for {self.run_name}", len(material), "documents")

        def gained(rows: Rows) -> Floats:
            found = [np.zeros((0, 4))]
            for part in probe.changes(start, material.take(rows), self.rollout, self._together(probe)):
                found.append(-part.reshape(-1, part.shape[-1]))
                watch.advance(len(found[-1]))
            return np.concatenate(found)

        count = len(material) // self.rollout
        named = round(self.bootstrap * count) if self.rollout > 1 else 0
        rows = np.arange((count - named) * self.rollout)
        gains = gained(rows)
        if named:
            first = self._fitted(chosen.vectors[rows], gains)
            more = extreme_rows(chosen.vectors, first, length=self.rollout, count=named).ravel()
            rows, gains = np.concatenate([rows, more]), np.concatenate([gains, gained(more)])
        return self._learnt(chosen.of(rows), gains, material.lengths[rows])

    def tables(self, prepared: Probed) -> Mapping[str, pa.Table]:
        return prepared.tables

    def score(self, batch: pa.RecordBatch, prepared: Probed) -> Mapping[str, Values]:
        ids = batch.column("doc_id").to_numpy().astype(np.int64)
        place = np.searchsorted(prepared.doc_ids, ids)
        place[place == len(prepared.doc_ids)] = 0
        known = prepared.doc_ids[place] == ids if len(prepared.doc_ids) else np.zeros(len(ids), dtype=bool)
        gains = prepared.gains[place] if len(prepared.doc_ids) else np.zeros(len(ids), dtype=np.float32)
        predicted = prepared.fit.predict(vectors_of(batch, self.vectors))
        return {
            self.run_name: predicted.astype(np.float32),
            f"{self.run_name}_measured": pa.array(gains.astype(np.float32), mask=~known),
        }

    def _learnt(self, chosen: Drawn, gains: Floats, lengths: Rows) -> Probed:
        z, fit = standardised(gains[:, 0]), self._fitted(chosen.vectors, gains)
        told = card(gains, fit, lengths=lengths, rollout=self.rollout)
        probes = {
            "doc_id": pa.array(chosen.doc_ids),
            "place": pa.array(np.arange(len(z)) % self.rollout + 1),
            "gain": pa.array(gains[:, 0]),
            "z": pa.array(z),
            "predicted": pa.array(fit.held_out),
            "first_order": pa.array(gains[:, 3], from_pandas=True),
        }
        # A document that was probed again in other company keeps what was measured first.
        ids, order = np.unique(chosen.doc_ids, return_index=True)
        return Probed(fit, ids, gains[order, 0].astype(np.float32), {"card": told, "probes": pa.table(probes)})

    def _fitted(self, vectors: NDArray[np.float32], gains: Floats) -> Fit:
        cosines = earlier_cosines(vectors, self.rollout)
        return fitted(vectors, standardised(gains[:, 0]), cosines, robust=self.fit == "huber")

    def _probe(self) -> Probe:
        from winnow.lm.one_step import Rule
        from winnow.lm.probing import Probe

        decoder, tokenizer = self.decoder()
        reference = self.reference(tokenizer, decoder.shape.context, self.reference_tokens)
        return Probe(decoder, Rule(rate=self.rate, adaptive=self.rule == "adamw"), reference, self.batch)

    def _material(self, chosen: Drawn, probe: Probe) -> Documents:
        from winnow.lm.probing import beginnings

        context = probe.decoder.shape.context
        return beginnings(chosen.texts, self.decoder()[1], context, self._windows(context))

    def _windows(self, context: int) -> int:
        return -(-self.tokens // context)

    def _together(self, probe: Probe) -> int:
        """Return how many rows are probed at once: six tensors of a model's size for each."""
        return int(max(1, min(64, BYTES // (24 * probe.decoder.shape.parameters))))
