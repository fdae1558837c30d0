"""Everything the catalog knows about one corpus, under one roof."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from winnow.catalog.audit import Audit
from winnow.catalog.browse import Browse
from winnow.catalog.clusters import Clusters
from winnow.catalog.conditions import Conditions, Finder
from winnow.catalog.control import Control
from winnow.catalog.density import Places
from winnow.catalog.joblog import JobLog
from winnow.catalog.labels import Labels
from winnow.catalog.listing import Listing
from winnow.catalog.manifest import Manifest
from winnow.catalog.people import People
from winnow.catalog.sandbox import Sandbox
from winnow.catalog.selections import Selections
from winnow.catalog.table import Table
from winnow.catalog.texts import Texts
from winnow.catalog.vectors import Vectors
from winnow.catalog.views import Views


class Catalog:
    """One corpus: its manifest, documents, columns, vectors, labels, clusters, selections and jobs."""

    def __init__(self, control: Control, find: Finder) -> None:
        self.folder: Path = control.folder
        self.control = control
        self.manifest = Manifest(control)
        self.texts = Texts(self.manifest)
        self.vectors = Vectors(self.manifest)
        self.labels = Labels(control)
        self.clusters = Clusters(control, self.manifest)
        self.selections = Selections(control)
        self.jobs = JobLog(control)
        self.views = Views(control)
        self.people = People(control)
        self.audit = Audit(control)
        self._find = find

    @cached_property
    def table(self) -> Table:
        return Table(self.manifest, self.labels, self.clusters)

    @cached_property
    def _conditions(self) -> Conditions:
        return Conditions(self._find, lambda name: self.selections.get(name).path)

    @cached_property
    def browse(self) -> Browse:
        return Browse(self.table, self._conditions)

    @cached_property
    def listing(self) -> Listing:
        return Listing(self.table, self._conditions)

    @cached_property
    def places(self) -> Places:
        return Places(self.table, self._conditions)

    @cached_property
    def sandbox(self) -> Sandbox:
        return Sandbox(self.table, self.manifest)
