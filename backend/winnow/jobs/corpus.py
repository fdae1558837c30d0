"""What can be asked of a corpus: its documents, columns, labels, selections, raters and proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from winnow.catalog.browse import Browse
from winnow.catalog.catalog import Catalog
from winnow.catalog.control import Control
from winnow.catalog.filters import Filter
from winnow.catalog.labels import Labels
from winnow.catalog.writing import QUARANTINE
from winnow.errors import MissingNeed
from winnow.jobs.chain import Step, run_chain
from winnow.jobs.cluster import COLUMNS as CLUSTER_COLUMNS
from winnow.jobs.document import Document, read_document
from winnow.jobs.gaps import gaps
from winnow.jobs.held_pool import HeldPool
from winnow.jobs.lab_models import with_model_places
from winnow.jobs.labels import LabelStats, label_stats
from winnow.jobs.recipe import Recipe, write_recipe
from winnow.jobs.search import Finder
from winnow.jobs.select import Preview, budget_of
from winnow.method import method, methods
from winnow.score.base import Scorer
from winnow.select.base import Selector

if TYPE_CHECKING:
    from winnow.jobs.prove import Proofs


class Corpus:
    """An opened corpus folder that nothing here changes."""

    def __init__(self, folder: str | Path) -> None:
        """Open an existing corpus; raises CorpusError."""
        self.folder = Path(folder).absolute()
        self._find: Finder
        self.catalog = Catalog(Control.open(self.folder), lambda kind, question: self._find(kind, question))
        self._find = Finder(self.catalog)
        self._held = HeldPool()

    @property
    def labels(self) -> Labels:
        """The log of hand labels: add, undo, history, counts."""
        return self.catalog.labels

    @cached_property
    def proofs(self) -> Proofs:
        """Return the proofs of this corpus: lay one out, predict it, read its report."""
        # torch and scipy's statistics take seconds to load, which only proofs should wait for.
        from winnow.jobs.prove import Proofs

        return Proofs(self.catalog)

    @property
    def browse(self) -> Browse:
        """Counts, histograms and lists of documents under a filter."""
        return self.catalog.browse

    def document(self, doc_id: int) -> Document:
        """Return one document: text, columns, spans, other columns and its label history; raises QueryError."""
        return read_document(self.catalog, doc_id)

    def sql(self, query: str, *, limit: int = 10_000, seconds: float = 30.0) -> pa.Table:
        """Answer one read-only SELECT over `docs`; raises QueryError."""
        return self.catalog.sandbox.run(query, limit=limit, seconds=seconds)

    def highlight_terms(self, filter: Filter) -> list[str]:
        """Return the words of a filter's keyword search."""
        return self._find.terms(filter.search) if filter.search else []

    def preview(
        self, selector: Selector, *, docs: int | None = None, tokens: int | None = None, share: float | None = None,
        filter: Filter | None = None, within: str = "", before: Sequence[Mapping[str, Any]] = (),
        target: str | None = None, force_target: bool = False, seed: int = 0,
    ) -> Preview:  # fmt: skip
        """Choose without keeping: for live counts while somebody moves a setting."""
        step = Step(selector, budget_of(docs, tokens, share), seed, target, force_target)
        steps = [*map(Step.of, before), step]
        return run_chain(self.catalog, steps, filter=filter or Filter(), within=within, held=self._held).last

    def selector(self, name: str, settings: Mapping[str, Any]) -> Selector:
        return method(Selector, name).from_recipe(settings)

    def scorers(self, names: Sequence[str], settings: Mapping[str, Mapping[str, Any]]) -> list[Scorer]:
        """Return the named scorers with their settings; without names, all that run by default."""
        known = methods(Scorer)
        chosen = list(names) or [name for name, kind in known.items() if kind.default]
        told = {name: with_model_places(self.catalog, settings.get(name, {})) for name in chosen}
        return [method(Scorer, name).from_recipe(told[name]) for name in chosen]

    def recipe(self, name: str) -> str:
        """Return the YAML recipe of a kept selection, its parents inside."""
        return write_recipe(Recipe(name, self.catalog.selections.get(name).recipe))

    def compare(self, names: Sequence[str], **how: Any) -> dict[str, Any]:
        """Set selections beside the corpus, each other and both random baselines; `how` is what `jobs.compare` takes."""
        # scipy's statistics take half a second to load.
        from winnow.jobs.compare import compare

        return compare(self.catalog, names, **how)

    def label_stats(self) -> list[LabelStats]:
        """Return labels per question, person and value, and how far people agree."""
        return label_stats(self.catalog)

    def quarantine(self) -> pa.Table:
        """Return every row that could not be taken in: file, line, reason, excerpt."""
        paths = [self.folder / made.quarantine for made in self.catalog.manifest.inputs() if made.quarantine]
        return pa.concat_tables([pq.read_table(path) for path in paths]) if paths else QUARANTINE.empty_table()

    def missing(self) -> dict[str, tuple[str, ...]]:
        """Return verb → what it has still to make: scorers without columns, encoders without vectors, clusters."""
        return gaps(self.catalog)

    def _need_documents(self, verb: str) -> None:
        if self.catalog.manifest.documents() == 0:
            raise MissingNeed(f"{verb} needs documents", f"{self.folder} holds none", "winnow ingest PATH...")

    def _reserved(self) -> set[str]:
        made = {column for scorer in self.scorers((), {}) for column in scorer.columns()}
        fixed = {
            "doc_id",
            "id",
            "text",
            "source",
            "url",
            "date",
            "meta",
            "cluster",
            "cluster_name",
            "cluster_top",
            "cluster_keep",
        }
        return made | fixed | set(CLUSTER_COLUMNS) | {"label", "score"}
