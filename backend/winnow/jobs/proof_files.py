"""The proof of a selection beside its exported files: as JSON for programs and as a page for people."""

from __future__ import annotations

import json
from pathlib import Path

from winnow.catalog.catalog import Catalog
from winnow.catalog.selections import NamedSelection
from winnow.export.base import write_text
from winnow.export.manifest import PROOF, PROOF_PAGE


def write_proof(catalog: Catalog, selection: NamedSelection, folder: Path) -> None:
    """Write proof.json and proof.html of the newest proof of the selection as it is now, if there is one with figures.

    A proof of a selection that had the name before, with other documents or weights, is not its proof.
    """
    if not (catalog.folder / "proofs").is_dir():
        return
    # Reading proofs loads torch, which most exports do without.
    from winnow.jobs.proof_arms import chosen_sha
    from winnow.jobs.prove import Proofs
    from winnow.prove.page import to_html

    proofs, now = Proofs(catalog), chosen_sha(*selection.read())
    for name in proofs.names():
        arm = proofs.plan(name).arms.get(selection.name, {})
        if arm.get("sha256") == now and (made := proofs.report(name)).lines:
            write_text(folder / PROOF, json.dumps(made.to_dict(), indent=1, ensure_ascii=False) + "\n")
            write_text(folder / PROOF_PAGE, to_html(made))
            return
