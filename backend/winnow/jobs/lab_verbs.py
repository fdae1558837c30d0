"""Verbs of a workspace that go through several lab models in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from winnow.catalog.catalog import Catalog
from winnow.catalog.selections import NamedSelection
from winnow.compute.base import Executor
from winnow.jobs.progress import Progress
from winnow.jobs.recording import Recording

if TYPE_CHECKING:
    from winnow.jobs.rounds import Round


class LabVerbs:
    """What a workspace inherits; it brings the catalog, who does the work, and the log."""

    catalog: Catalog
    _executor: Executor
    _recorded: Recording

    def rounds(
        self, name: str, plan: Mapping[str, Any], *, replace: bool = False, progress: Progress | None = None
    ) -> list[Round]:
        """Choose by measured influence, round after round, and keep the union of the rounds' selections under a name.

        `plan` holds the fields of a `Plan`: target, rounds, share, method, probes, tier. Raises SettingError, MissingNeed,
        ConflictError, InputError.
        """
        # torch comes with the models, which only these verbs should wait for.
        from winnow.jobs.rounds import Plan, run_rounds

        asked = Plan(**plan)
        told = {"name": name, "plan": asked.recipe, "replace": replace}
        with self._recorded("rounds", told, progress) as watch:
            return run_rounds(self.catalog, name, asked, self._executor, replace_it=replace, progress=watch)

    def keep_weights(
        self, proof: str, arm: str, name: str, *, last: bool = False, replace: bool = False
    ) -> NamedSelection:
        """Keep what an arm's method inside the training made of the corpus as a selection with weights.

        A mixture's shares are means over the training, or with `last` those at its end. Raises SettingError, MissingNeed,
        ConflictError.
        """
        from winnow.jobs.online_weights import keep_weights
        from winnow.jobs.prove import Proofs

        told = {"proof": proof, "arm": arm, "name": name, "last": last, "replace": replace}
        self.catalog.selections.check_name(name, replace)
        with self._recorded("keep_weights", told, None):
            return keep_weights(self.catalog, Proofs(self.catalog).folder(proof), arm, name, last=last, replace=replace)
