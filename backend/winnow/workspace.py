"""READ FIRST: a corpus and what can be done with it, one method per verb, in the order of the line.

workspace = Workspace.create("corpus")
workspace.ingest(["pages.jsonl.zst"])
workspace.score()
workspace.embed()
workspace.cluster()
workspace.labels.add(7, "keep", who="ana")
workspace.select("top", share=0.1, name="best")
workspace.export("best", "out")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from winnow.catalog.control import Control
from winnow.catalog.filters import Filter
from winnow.catalog.manifest import Run
from winnow.catalog.selections import NamedSelection
from winnow.compute.base import Executor
from winnow.compute.choose import executor as chosen_executor
from winnow.device import device
from winnow.embed.base import Embedder
from winnow.embed.choose import default_model, encoder
from winnow.errors import SettingError
from winnow.jobs import background
from winnow.jobs.backup import Copied, back_up
from winnow.jobs.bring import Brought, bring
from winnow.jobs.chain import Step, run_chain
from winnow.jobs.cluster import cluster
from winnow.jobs.combine import combine
from winnow.jobs.concept import keep_concept
from winnow.jobs.corpus import Corpus
from winnow.jobs.doctor import Examined, examine
from winnow.jobs.embed import embed
from winnow.jobs.ingest import Ingested, ingest
from winnow.jobs.keywords import index_keywords
from winnow.jobs.lab_verbs import LabVerbs
from winnow.jobs.labels import Imported, export_labels, import_labels
from winnow.jobs.lineage import Lineage, keep
from winnow.jobs.nearest import index_vectors
from winnow.jobs.progress import Progress, Silent
from winnow.jobs.raters import Card, Raters
from winnow.jobs.recipe import load_recipe
from winnow.jobs.recording import Recording
from winnow.jobs.replay import check_needs, keep_replayed, replay
from winnow.jobs.score import score
from winnow.jobs.select import budget_of
from winnow.jobs.sending import export_to, writing_of
from winnow.storage import located

if TYPE_CHECKING:
    from winnow.jobs.ladder import Ladder
    from winnow.jobs.skills import SkillGraph
    from winnow.prove.report import Report


class Workspace(LabVerbs, Corpus):
    """One corpus folder. Reading is safe from many processes at once; so is writing, verb by verb.

    What can be asked of a corpus without changing it stands in `Corpus`.
    """

    def __init__(self, folder: str | Path, *, executor: Executor | None = None) -> None:
        """Open an existing corpus; raises CorpusError."""
        super().__init__(folder)
        self._executor = executor or chosen_executor()
        self._recorded = Recording(self.catalog)

    @classmethod
    def create(cls, folder: str | Path, *, executor: Executor | None = None) -> Workspace:
        """Open a corpus, making its folder when absent."""
        Control.create(Path(folder).absolute())
        return cls(folder, executor=executor)

    # The verbs, in the order of the line.

    def ingest(
        self,
        paths: Sequence[str | Path],
        *,
        format: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        again: bool = False,
        progress: Progress | None = None,
    ) -> Ingested:
        """Take files in; `columns` says where text, id, source ("=VALUE" for one), url and date are found.

        Raises InputError, ConflictError.
        """
        told = {key: value for key, value in (columns or {}).items() if value is not None}
        names = [located(path) for path in paths]
        recipe = {"paths": names, "format": format, "columns": told, "again": again}
        with self._recorded("ingest", recipe, progress) as watch:
            made = ingest(
                self.catalog,
                names,
                format=format,
                settings=told,
                again=again,
                reserved=self._reserved(),
                executor=self._executor,
                progress=watch,
            )
            index_keywords(self.catalog, watch)
        return made

    def score(
        self,
        names: Sequence[str] = (),
        *,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        progress: Progress | None = None,
    ) -> list[Run]:
        """Give the corpus the columns of the named scorers, or of all; static vectors are made first when one reads them."""
        chosen = self.scorers(names, settings or {})
        self._need_documents("score")
        with self._recorded("score", {"names": list(names), "settings": dict(settings or {})}, progress) as watch:
            if any("vectors:static" in scorer.needs() for scorer in chosen):
                self._embed(encoder("static"), watch)
            return score(self.catalog, chosen, self._executor, watch)

    def embed(self, model: str = "", *, progress: Progress | None = None) -> Run:
        """Give every document a vector; without a model, the one that suits the corpus's size and machine."""
        self._need_documents("embed")
        chosen = model or default_model(self.catalog.manifest.documents(), device() == "cuda")
        with self._recorded("embed", {"model": chosen}, progress) as watch:
            return self._embed(encoder(chosen), watch)

    def cluster(self, k: int | None = None, *, model: str = "", seed: int = 0, progress: Progress | None = None) -> Run:
        """Group the documents, name the groups and lay out the map, from the newest vectors or those of a model."""
        self._need_documents("cluster")
        chosen = encoder(model).model if model else self._find.model()
        with self._recorded("cluster", {"k": k, "model": chosen, "seed": seed}, progress) as watch:
            return cluster(self.catalog, chosen, k, seed, watch)

    def learn(self, name: str, rater: str, **told: Any) -> Card:
        """Fit a rater and give every document its columns; `told` is what `Raters.learn` takes."""
        return self.raters.learn(name, rater, **told)

    def keep_concept(self, name: str, examples: Sequence[int], against: Sequence[int], *, who: str) -> Card:
        """Keep documents picked for and against a kind as labels, and a rater learnt from them, under one name."""
        return keep_concept(self.catalog, self.raters, name, examples, against, who=who)

    @property
    def raters(self) -> Raters:
        """The fitted raters: their cards, what a judge would cost, whether they are out of date."""
        return Raters(self.catalog, self._executor, self._recorded)

    def select(
        self,
        name_of_method: str,
        *,
        name: str,
        docs: int | None = None,
        tokens: int | None = None,
        share: float | None = None,
        filter: Filter | None = None,
        within: str = "",
        before: Sequence[Mapping[str, Any]] = (),
        target: str | None = None,
        force_target: bool = False,
        seed: int = 0,
        settings: Mapping[str, Any] | None = None,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> NamedSelection:
        """Choose documents by a published method within a budget and keep the choice under a name.

        `within` names a selection to choose from; `before` are recipes of steps whose choices are narrowed first:
        {"method": {"method": name, **settings}, "budget", "seed", "target"}. `target` is a file or the name of a
        selection, not a benchmark's test split unless forced. Raises MissingNeed naming the column and command,
        SettingError, ConflictError.
        """
        target = Lineage(self.catalog).place(target)
        selector = self.selector(name_of_method, settings or {})
        step = Step(selector, budget_of(docs, tokens, share), seed, target, force_target)
        steps = [*map(Step.of, before), step]
        recipe = {
            "name_of_method": name_of_method, "name": name, **step.budget.asked(), "filter": (filter or Filter()).to_query(),
            "within": within, "before": [step.recipe for step in steps[:-1]], "target": target,
            "force_target": force_target, "seed": seed, "settings": dict(settings or {}), "replace": replace,
        }  # fmt: skip
        self.catalog.selections.check_name(name, replace)
        with self._recorded("select", recipe, progress) as watch:
            chain = run_chain(self.catalog, steps, filter=filter or Filter(), within=within, progress=watch)
            return keep(self.catalog, name, chain.chosen, replace=replace)

    def combine(
        self, operation: str, names: Sequence[str], *, name: str, replace: bool = False, **how: Any
    ) -> NamedSelection:
        """Keep the union, intersection or difference ("union", "intersect", "subtract") of selections under a name.

        `how` goes to `jobs.combine.combine`: the union's weights, a budget to cut to, by which column, the seed. Raises
        SettingError, ConflictError.
        """
        self.catalog.selections.check_name(name, replace)
        told = {"operation": operation, "names": list(names), "name": name, "replace": replace, **how}
        with self._recorded("combine", told, None):
            return keep(self.catalog, name, combine(self.catalog, operation, names, **how), replace=replace)

    def export(self, name: str, folder: str | Path, *, progress: Progress | None = None, **how: Any) -> str | Path:
        """Write a selection as files with a manifest and a data card; the same selection gives the same bytes.

        `folder` may be an address (s3://, gs://, hf://). `how` holds format, columns, settings, arrange, judge and
        validation: what `jobs.sending.writing_of` takes. Raises MissingNeed, SettingError, ConflictError, InputError.
        """
        writing = writing_of(**how)
        recipe = {"name": name, "folder": located(folder), **writing.recipe}
        with self._recorded("export", recipe, progress) as watch:
            chosen = self.catalog.selections.get(name)
            return export_to(self.catalog, chosen, located(folder), writing, watch)

    def run_recipe(
        self,
        path: str | Path,
        *,
        out: str | Path | None = None,
        replace: bool = False,
        ask_judge: bool = False,
        progress: Progress | None = None,
    ) -> NamedSelection:
        """Make a recipe's selection again and, given a folder, write it: the same corpus gives the same bytes.

        A judge that the file names is sent texts only with `ask_judge`; answers that the corpus keeps are not asked again.
        Raises SettingError naming the line of what is wrong, MissingNeed naming the column and command, ConflictError.
        """
        recipe = load_recipe(Path(path))
        told = {
            "path": str(Path(path).absolute()),
            "out": out and located(out),
            "replace": replace,
            "ask_judge": ask_judge,
        }
        if out is not None and recipe.judge and not ask_judge:
            whom = f"{path} sends texts to " + str(recipe.judge.get("url") or recipe.judge.get("model"))
            raise SettingError("a judge is asked only with consent", whom, "add --ask-judge if that is meant")
        check_needs(self.catalog, recipe)
        with self._recorded("run_recipe", told, progress) as watch:
            chosen = replay(self.catalog, recipe.selection, progress=watch)
            made = keep_replayed(self.catalog, recipe.name, chosen, replace)
        if out is not None:
            self.export(recipe.name, out, progress=progress, **recipe.writing)
        return made

    def prove(
        self, name: str, asked: Mapping[str, Any], *, replace: bool = False, progress: Progress | None = None
    ) -> Report:
        """Train small models on selections and on random controls; a proof that was stopped goes on where it stood.

        `asked` is the recipe of an `Asked`: selections, target, tier, seeds. Raises SettingError, InputError, ConflictError.
        """
        with self._recorded("prove", {"name": name, "asked": dict(asked), "replace": replace}, progress) as watch:
            self.proofs.lay_out(asked, name, replace=replace)
            return self.proofs.run(name, self._executor, watch)

    def teach(
        self, name: str, lesson: Mapping[str, Any], *, replace: bool = False, progress: Progress | None = None
    ) -> Path:
        """Train a small language model, keep it with the corpus and return its folder, which the scorer "loss" reads.

        `lesson` holds the fields of a `Lesson`: on, start, tier, tokens, passes. Raises SettingError, ConflictError.
        """
        from winnow.jobs.teach import Lesson, teach

        with self._recorded("teach", {"name": name, "lesson": dict(lesson), "replace": replace}, progress) as watch:
            return teach(self.catalog, name, Lesson(**lesson), replace_it=replace, progress=watch)

    def ladder(
        self, name: str, rungs: Mapping[str, Any], *, replace: bool = False, progress: Progress | None = None
    ) -> Ladder:
        """Teach models from weak to strong and put them in order by a target; `rungs` holds the fields of `Rungs`."""
        from winnow.jobs.ladder import Rungs, build

        with self._recorded("ladder", {"name": name, "rungs": dict(rungs), "replace": replace}, progress) as watch:
            return build(self.catalog, name, Rungs(**rungs), replace_it=replace, progress=watch)

    def skills(
        self, name: str, search: Mapping[str, Any], *, replace: bool = False, progress: Progress | None = None
    ) -> SkillGraph:
        """Find which groups help which by small runs, and the mixture that follows; `search` is the recipe of a `Search`."""
        from winnow.jobs.skills import Search, learn_skills

        with self._recorded("skills", {"name": name, "search": dict(search), "replace": replace}, progress) as watch:
            asked = Search.from_recipe(search)
            return learn_skills(self.catalog, name, asked, self._executor, replace_it=replace, progress=watch)

    def run(self, paths: Sequence[str | Path], *, progress: Progress | None = None, **told: Any) -> Ingested:
        """Take files in, score with everything, embed and cluster."""
        made = self.ingest(paths, progress=progress, **told)
        if self.catalog.manifest.documents() == 0:
            return made
        self.score(progress=progress)
        self.embed(progress=progress)
        self.cluster(progress=progress)
        return made

    # Beside the line.

    def index(self, *, progress: Progress | None = None) -> None:
        """Build or complete the keyword index and, above a million documents, that of vectors; both may be deleted."""
        with self._recorded("index", {}, progress) as watch:
            index_keywords(self.catalog, watch)
            index_vectors(self.catalog, watch)

    def export_labels(self, path: str | Path, schema: str = "label") -> int:
        """Write every standing label of a schema as JSON lines and return how many."""
        return export_labels(self.catalog, Path(path), schema)

    def import_labels(self, path: str | Path, schema: str = "label", who: str = "import") -> Imported:
        """Append the labels of a JSON lines file; labels known by their uuid are not added twice."""
        return import_labels(self.catalog, Path(path), schema, who)

    def examine(self, *, repair: bool = False, progress: Progress | None = None) -> Examined:
        """Look at every file that the corpus names, and with `repair` mend what can be; raises ConflictError."""
        return examine(self.catalog, progress or Silent(), repair=repair)

    def back_up(self, folder: str | Path, *, progress: Progress | None = None) -> Copied:
        """Bring a second folder up to this corpus, which may be used meanwhile; raises ConflictError, InputError."""
        return back_up(self.catalog, Path(folder), progress or Silent())

    def bring(self, what: str, path: str | Path, *, progress: Progress | None = None, **how: Any) -> Brought:
        """Join a "column" or "vectors" made elsewhere to the documents; `how` is what `jobs.bring` takes for them."""
        named = {key: str(value) for key, value in how.items() if value and key != "unmatched"}
        told = {"what": what, "path": located(path), **named}
        with self._recorded("bring", told, progress) as watch:
            return bring(self.catalog, what, Path(path), progress=watch, reserved=self._reserved(), **how)

    def complete(self, *, progress: Progress | None = None) -> None:
        """Make what is still missing: scores, vectors, clusters, the keyword index."""
        lacking = self.missing()
        if "score" in lacking:
            recipes = {run.name: run.recipe for run in self.catalog.manifest.runs("columns")}
            settings = {name: recipes[name] for name in lacking["score"] if name in recipes}
            self.score(lacking["score"], settings=settings, progress=progress)
        for model in lacking.get("embed", ()):
            self.embed(model, progress=progress)
        if "cluster" in lacking:
            self.cluster(progress=progress)
        self.index(progress=progress)

    def start(self, verb: str, **recipe: Any) -> int:
        """Run a verb as a job in a process of its own and return the job's number."""
        if verb not in JOBS:
            raise SettingError(f"no job is called '{verb}'", "", "choose from: " + ", ".join(JOBS))
        return background.start(self.catalog, verb, recipe)

    def run_job(self, job: int, progress: Progress | None = None, *, queued: bool = False) -> None:
        """Do what a job says, under its number; with `queued` only when nobody cancelled or began it meanwhile.

        Raises ConflictError when it is running, SettingError when there is no such job.
        """
        self._recorded.run(job, lambda verb, recipe: JOBS[verb](self, recipe, progress), queued=queued)

    def _embed(self, embedder: Embedder, progress: Progress) -> Run:
        run = embed(self.catalog, embedder, self._executor, progress)
        index_vectors(self.catalog, progress)
        return run


def _run_select(workspace: Workspace, recipe: dict[str, Any], progress: Progress | None) -> NamedSelection:
    return workspace.select(**{**recipe, "filter": Filter.from_query(recipe.get("filter", {}))}, progress=progress)


JOBS: dict[str, Callable[[Workspace, dict[str, Any], Progress | None], object]] = {
    "ingest": lambda workspace, recipe, progress: workspace.ingest(**recipe, progress=progress),
    "score": lambda workspace, recipe, progress: workspace.score(**recipe, progress=progress),
    "embed": lambda workspace, recipe, progress: workspace.embed(**recipe, progress=progress),
    "cluster": lambda workspace, recipe, progress: workspace.cluster(**recipe, progress=progress),
    "learn": lambda workspace, recipe, progress: workspace.learn(**recipe, progress=progress),
    "select": _run_select,
    "run_recipe": lambda workspace, recipe, progress: workspace.run_recipe(**recipe, progress=progress),
    "combine": lambda workspace, recipe, progress: workspace.combine(**recipe),
    "bring": lambda workspace, recipe, progress: workspace.bring(**recipe, progress=progress),
    "export": lambda workspace, recipe, progress: workspace.export(**recipe, progress=progress),
    "teach": lambda workspace, recipe, progress: workspace.teach(**recipe, progress=progress),
    "ladder": lambda workspace, recipe, progress: workspace.ladder(**recipe, progress=progress),
    "skills": lambda workspace, recipe, progress: workspace.skills(**recipe, progress=progress),
    "rounds": lambda workspace, recipe, progress: workspace.rounds(**recipe, progress=progress),
    "keep_weights": lambda workspace, recipe, progress: workspace.keep_weights(**recipe),
    "prove": lambda workspace, recipe, progress: workspace.prove(**recipe, progress=progress),
    "index": lambda workspace, recipe, progress: workspace.index(progress=progress),
}
