"""Which documents move a language model as learning to read a task from examples does."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.pool import Rows
from winnow.score.aimed import Aimed
from winnow.score.base import SketchScorer, Values, watch_of
from winnow.score.spool import Spool, spool

if TYPE_CHECKING:
    from winnow.lm.decoder import Decoder
    from winnow.lm.gradients import Projection
    from winnow.lm.tokenizer import Tokenizer
    from winnow.lm.windows import Windows

BLOCK = 1 << 14
BETWEEN = "\n\n"
"""What stands between two examples of a prompt."""


class Support(NamedTuple):
    """What was found, documents in rising order: cosine float32 [n], NaN without one, and the round of each pick, else 0."""

    doc_ids: Rows
    cosines: NDArray[np.float32]
    rounds: NDArray[np.int16]
    card: pa.Table


@dataclass(frozen=True, kw_only=True)
class IclSupport(Aimed, SketchScorer):
    """Finds documents whose gradient points where reading a task from examples in context would move a model (ORCA-ICL).

    In each of `rounds` rounds i the `each` documents are picked, of those not picked before, whose gradient ∇L(w; θ_0) has
    the highest cosine to ∇ Σ L(answer | examples, question; θ_{i-1}); θ_i is θ_0 after one pass of Adam over all picks so
    far. Documents' gradients are those of the first weights throughout, made once. `icl_support` is the cosine of the
    round that picked a document, of the last round for others; `icl_support_round` its round, null for others. The target
    holds the task's examples; with `answer_after` only what follows its last occurrence in a text is measured, and before
    each stand `shots` other examples, cut at the left where the context is too short. Gradients of the last block's
    matrices, projected at random to `dimensions` numbers, stand for those of the whole model, and a lab model for OPT
    6.7B: a reconstruction. The selector orca_icl picks by these columns. Source: arXiv 2306.15091. Raises MissingNeed,
    InputError, SettingError.
    """

    name: ClassVar[str] = "icl_support"
    stem: ClassVar[str] = "icl_support"
    paper: ClassVar[Paper | None] = Paper(
        "Understanding In-Context Learning via Supportive Pretraining Data", "2306.15091", 2023
    )
    reconstruction: ClassVar[bool] = True
    whole_corpus: ClassVar[bool] = True

    rounds: int = param(5, "Rounds of picking; the paper reports the best of five.", low=1, high=100)
    each: int = param(400, "Documents that a round picks.", low=1, high=1_000_000)
    examples: int = param(500, "Texts of the target that are read at most.", low=1, high=100_000)
    shots: int = param(4, "Examples that stand before each question.", low=0, high=64)
    answer_after: str = param(
        "", "What stands before the answer in a target's text, such as 'Answer:'; empty measures all."
    )
    rate: float = param(1e-4, "Learning rate of the pass over the picks; the paper's 2e-5 is for 6.7 B.", low=0, high=1)
    dimensions: int = param(1024, "Numbers that a gradient is projected to.", low=4, high=65_536)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {self.run_name: pa.float32(), f"{self.run_name}_round": pa.int16()}

    def sketch(self, batch: pa.RecordBatch) -> tuple[Rows, NDArray[np.float16]]:
        """Return the documents and their projected gradients, of length 1; zeros for an empty text."""
        from winnow.lm.gradients import unit

        decoder, tokenizer = self.decoder()
        cut = self.cut(batch.column("text"), tokenizer, decoder.shape.context)
        found = self._projection(decoder).gradients(decoder, cut, self.batch)
        return batch.column("doc_id").to_numpy().astype(np.int64), unit(found).astype(np.float16)

    def learn(self, sketches: Iterable[tuple[Rows, NDArray[np.float16]]], corpus: Iterable[pa.RecordBatch]) -> Support:
        """Pick round by round. Memory: the picks' texts, and 16 bytes a document; gradients wait in a temporary file."""
        first, tokenizer = self.decoder()
        projection = self._projection(first)
        task = self._task(tokenizer, first.shape.context)
        watch = watch_of(corpus)
        with spool(np.float16) as kept:
            ids = _keep(sketches, kept)
            gradients = kept.read().reshape(len(ids), projection.dimensions)
            picked, cosines = np.zeros(len(ids), dtype=np.int16), np.full(len(ids), np.nan, dtype=np.float32)
            texts: dict[int, str] = {}
            decoder, told = first, []
            watch.stage(f"rounds for {self.run_name}", self.rounds, "rounds")
            for number in range(1, self.rounds + 1):
                open_to = np.flatnonzero(picked == 0)
                cosines[open_to] = _cosines(gradients, self._direction(projection, decoder, task))[open_to]
                # Equal cosines go to the lower number; a document without tokens has none.
                ranked = open_to[np.lexsort((ids[open_to], -np.nan_to_num(cosines[open_to], nan=-2.0)))][: self.each]
                chosen = ranked[np.isfinite(cosines[ranked])]
                picked[chosen] = number
                told.append((number, len(chosen), float(cosines[chosen].mean()) if len(chosen) else np.nan))
                if number < self.rounds and len(chosen):
                    texts |= _texts(corpus, ids[chosen])
                    decoder = self._moved(first, tokenizer, [texts[place] for place in ids[picked > 0].tolist()])
                watch.advance(1)
        order = np.argsort(ids)
        card = pa.table(
            {
                name: list(column)
                for name, column in zip(("round", "picked", "cosine"), zip(*told, strict=True), strict=True)
            }
        )
        return Support(ids[order], cosines[order], picked[order], card)

    def tables(self, prepared: Support) -> Mapping[str, pa.Table]:
        return {"rounds": prepared.card}

    def score(self, batch: pa.RecordBatch, prepared: Support) -> Mapping[str, Values]:
        ids = batch.column("doc_id").to_numpy().astype(np.int64)
        if not len(prepared.doc_ids):
            return {name: pa.nulls(len(ids), kind) for name, kind in self.columns().items()}
        place = np.minimum(np.searchsorted(prepared.doc_ids, ids), len(prepared.doc_ids) - 1)
        known = prepared.doc_ids[place] == ids
        cosines, rounds = prepared.cosines[place], prepared.rounds[place]
        return {
            self.run_name: pa.array(cosines, mask=~known | np.isnan(cosines)),
            f"{self.run_name}_round": pa.array(rounds, mask=~known | (rounds == 0)),
        }

    def _projection(self, decoder: Decoder) -> Projection:
        from winnow.lm.gradients import Projection

        return Projection(decoder, self.dimensions, self.seed)

    def _task(self, tokenizer: Tokenizer, context: int) -> Windows:
        """Return a window for every example: others before it are only read, its answer is measured."""
        from winnow.lm.windows import continuations

        texts = self.texts()
        rng = np.random.default_rng([self.seed, len(texts)])
        befores, answers = [], []
        for place in rng.permutation(len(texts))[: self.examples].tolist():
            others = rng.permutation(len(texts))[: self.shots + 1]
            shown = [texts[other] for other in others.tolist() if other != place][: self.shots]
            question, mark, answer = (
                texts[place].rpartition(self.answer_after) if self.answer_after else ("", "", texts[place])
            )
            befores.append(BETWEEN.join([*shown, question + mark]))
            answers.append(answer)
        return continuations(befores, answers, tokenizer, context)

    def _direction(self, projection: Projection, decoder: Decoder, task: Windows) -> NDArray[np.float32]:
        from winnow.lm.gradients import unit

        return unit(projection.gradients(decoder, task, self.batch).sum(axis=0))

    def _moved(self, first: Decoder, tokenizer: Tokenizer, texts: list[str]) -> Decoder:
        """Return a copy of the first weights after one pass of Adam over texts; the first weights stay."""
        import torch
        import torch.nn.functional as F

        from winnow.lm.windows import IGNORED

        decoder: Decoder = copy.deepcopy(first).train()
        cut = self.cut(pa.array(texts, pa.large_string()), tokenizer, first.shape.context)
        optimizer = torch.optim.Adam(decoder.parameters(), lr=self.rate)
        device = decoder.embedding.weight.device
        for rows in np.array_split(np.random.default_rng(self.seed).permutation(len(cut)), -(-len(cut) // 16) or 1):
            inputs, targets = (torch.from_numpy(side[rows]).to(device) for side in (cut.inputs, cut.targets))
            loss = F.cross_entropy(decoder(inputs).flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        decoder.eval()
        return decoder


def _keep(sketches: Iterable[tuple[Rows, NDArray[np.float16]]], kept: Spool) -> Rows:
    ids = [np.zeros(0, dtype=np.int64)]
    for found, gradients in sketches:
        ids.append(found)
        kept.append(gradients)
    return np.concatenate(ids)


def _cosines(gradients: NDArray[np.float16], direction: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine of each row with a direction, NaN for a row of zeros; a block of rows at a time."""
    found = np.full(len(gradients), np.nan, dtype=np.float32)
    for start in range(0, len(gradients), BLOCK):
        rows = np.asarray(gradients[start : start + BLOCK], dtype=np.float32)
        some = rows.any(axis=1)
        found[start : start + BLOCK][some] = rows[some] @ direction
    return found


def _texts(corpus: Iterable[pa.RecordBatch], doc_ids: Rows) -> dict[int, str]:
    wanted, found = pa.array(np.sort(doc_ids)), dict[int, str]()
    for batch in corpus:
        mine: Any = batch.filter(pc.is_in(batch.column("doc_id"), wanted))
        found.update(zip(mine.column("doc_id").to_pylist(), mine.column("text").to_pylist(), strict=True))
    return found
