"""doctor: examine everything a corpus holds, explain what is wrong, mend what can be mended."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from winnow.catalog import examining
from winnow.catalog.catalog import Catalog
from winnow.catalog.examining import Finding
from winnow.catalog.publish import exclusive, sweep
from winnow.catalog.sweeping import unnamed
from winnow.jobs.keywords import index_keywords, keyword_index
from winnow.jobs.progress import Progress
from winnow.jobs.reread import read_again

DAMAGED = "damaged"
"""Where a file that was found damaged is put aside: nothing is thrown away."""


@dataclass(frozen=True)
class Examined:
    """What was found, what was mended of it, and the bytes that were looked at."""

    found: tuple[Finding, ...]
    mended: tuple[Finding, ...]
    bytes: int

    @property
    def standing(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.found if finding not in self.mended)


def examine(catalog: Catalog, progress: Progress, *, repair: bool = False) -> Examined:
    """Look at every shard, sum, row, index, vector, selection and label of a corpus; with `repair` mend what can be.

    A document shard comes back when the file it was read from gives the same bytes again; damaged columns and vectors
    are put aside, so that the next `winnow score` or `winnow embed` makes them anew; the keyword index is built again;
    sums that an older Winnow did not keep are recorded. Raises ConflictError while files are being taken in.
    """
    sizes: list[float] = []

    def watch(size: float) -> None:
        sizes.append(size)
        progress.advance(size)

    progress.stage("examine", float(catalog.manifest.bytes()), "bytes")
    found = [
        *_control(catalog),
        *examining.numbering(catalog),
        *examining.document_shards(catalog, watch),
        *examining.run_shards(catalog, watch),
        *examining.selections(catalog, watch),
        *examining.labels(catalog),
        *examining.unsummed(catalog),
        *_keywords(catalog),
        *_left_over(catalog),
    ]
    mended = _mend(catalog, found, progress) if repair and found else []
    return Examined(tuple(found), tuple(mended), int(sum(sizes)))


def _control(catalog: Catalog) -> list[Finding]:
    wrong = catalog.control.integrity()
    return [Finding("control", "control.sqlite", "; ".join(wrong[:3]), "winnow restore BACKUP")] if wrong else []


def _keywords(catalog: Catalog) -> list[Finding]:
    documents, index = catalog.manifest.documents(), keyword_index(catalog)
    try:
        held = len(index) if index.exists else 0
    except Exception as reason:  # tantivy raises its own kinds, and panics come as BaseException's children
        return [Finding("keywords", "index/keywords", f"it cannot be opened: {reason}", "winnow doctor --repair")]
    if held == documents:
        return []
    found = f"it holds {held:,} of {documents:,} documents"
    return [Finding("keywords", "index/keywords", found, "winnow doctor --repair")]


def _left_over(catalog: Catalog) -> list[Finding]:
    left = unnamed(catalog)
    size = sum(path.stat().st_size for path in left)
    found = f"{len(left):,} files that nothing names, {size / 1e6:,.1f} MB"
    return [Finding("left over", "docs, cols, vectors, selections", found, "winnow sweep")] if left else []


def _mend(catalog: Catalog, found: Sequence[Finding], progress: Progress) -> list[Finding]:
    """Mend and return what could be mended, while no file is taken in."""
    mended: list[Finding] = []
    with exclusive(catalog.folder, "ingest"):
        sweep(catalog.folder)
        lost = {finding.part: finding for finding in found if finding.kind == "documents"}
        _keep_aside(catalog, list(lost.values()))
        mended += [lost[part] for part in read_again(catalog, list(lost), progress)]
        runs = [finding for finding in found if finding.kind == "run"]
        examining.detach(catalog, runs)
        _keep_aside(catalog, runs)
        for finding in runs:
            (catalog.folder / finding.where).unlink(missing_ok=True)
        mended += runs
        if any(finding.kind == "unsummed" for finding in found):
            examining.record_sums(catalog)
            mended += [finding for finding in found if finding.kind == "unsummed"]
    torn = [finding for finding in found if finding.kind == "keywords"]
    if torn and not set(lost) - {finding.part for finding in mended}:
        shutil.rmtree(catalog.folder / "index" / "keywords", ignore_errors=True)
        index_keywords(catalog, progress)
        mended += torn
    return mended


def _keep_aside(catalog: Catalog, findings: Sequence[Finding]) -> None:
    """Link damaged files into a folder of their own: what is still legible in them may be wanted."""
    for finding in findings:
        path, aside = catalog.folder / finding.where, catalog.folder / DAMAGED / finding.where
        if path.exists() and not aside.exists():
            aside.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, aside)
