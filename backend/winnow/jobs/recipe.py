"""A recipe as a YAML file: filter, selectors, mixture, arrangement and export of one selection, to be made again.

winnow_recipe: 1
name: best
filter: {where: language = 'en'}
select:
- {method: rules, preset: gopher}
- method: top
  column: quality
  budget: {share: 0.1}
mixture: {method: temperature, by: source, temperature: 2.0, budget: {tokens: 1000000}}
arrange:
- {method: rephrase}
judge: {method: endpoint, url: https://host/v1, model: name}
export: {format: parquet, columns: [quality]}

Each step chooses from what the one before left, and one without a budget takes all that its method lets pass. `within`
names a selection to start from, `combine` makes one of others instead; those stand under `parents`, each written in the
same way, or are kept in the corpus.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.arrange.base import Arrangement
from winnow.catalog.filters import Filter
from winnow.catalog.selections import NAME
from winnow.errors import InputError, QueryError, SettingError, nearest
from winnow.export.base import Exporter
from winnow.jobs.chain import Step
from winnow.jobs.located_yaml import Located, Place, read_yaml, write_yaml
from winnow.judge.base import Judge
from winnow.method import Method, method
from winnow.pool import Budget
from winnow.select.base import Mixer, Selector
from winnow.select.set_algebra import OPERATIONS, WEIGHTS

VERSION = 1
BODY = ("filter", "within", "select", "mixture", "combine", "parents")
OF_ALL = ("format", "columns", "validation")
"""Keys of an export that every format has."""
TOP = ("winnow_recipe", "name", *BODY, "arrange", "judge", "export")
STEP = ("budget", "seed", "target", "force_target", "target_sha256")
"""What a step says beside its method and that one's settings."""
COMBINE = ("operation", "of", "weights", "budget", "by", "lowest", "seed")
BUDGET = ("docs", "tokens", "share")
WORDS = ("search", "near", "regex", "where", "selection", "like", "examples", "against")
FILTER = (*WORDS, "in", "not", "range", "lasso", "or")


@dataclass(frozen=True)
class Recipe:
    """How a selection is made, arranged and written.

    `selection` is a stored recipe: {"method", "budget", "seed", "filter", "target"} with "before", "within", "parents".
    `judge` is the recipe of whom steps of the arrangement ask, and is asked only with consent. `export` is {"format",
    "columns", **settings}, or None to write nothing.
    """

    name: str
    selection: Mapping[str, Any]
    arrange: tuple[Mapping[str, Any], ...] = ()
    export: Mapping[str, Any] | None = None
    judge: Mapping[str, Any] | None = None

    @property
    def writing(self) -> dict[str, Any]:
        """Return how the files are written, as keywords of `Workspace.export`."""
        settings = dict(self.export or {})
        told = {"format": settings.pop("format", "parquet"), "columns": settings.pop("columns", ())}
        if "validation" in settings:
            told["validation"] = settings.pop("validation")
        if self.judge:
            told["judge"] = dict(self.judge)
        return {**told, "settings": settings, **({"arrange": list(self.arrange)} if self.arrange else {})}


def write_recipe(recipe: Recipe) -> str:
    """Return the YAML of a recipe; `read_recipe` inverts it."""
    if not is_replayable(recipe.selection):
        found = "its documents were named by hand"
        raise SettingError(f"selection '{recipe.name}' has no recipe", found, "choose it by a method")
    told: dict[str, Any] = {"winnow_recipe": VERSION, "name": recipe.name, **_body(recipe.selection)}
    if recipe.arrange:
        told["arrange"] = [dict(step) for step in recipe.arrange]
    if recipe.judge:
        told["judge"] = {key: value for key, value in recipe.judge.items() if key != "key_env"}
    if recipe.export is not None:
        told["export"] = dict(recipe.export)
    plain = json.loads(json.dumps(told))
    return "# To make this again: winnow run-recipe THIS-FILE --out FOLDER\n" + write_yaml(plain)


def is_replayable(stored: Mapping[str, Any]) -> bool:
    """Return whether a selection was made by a method, and not from a list of documents."""
    return {"method", "budget", "seed", "filter"} <= set(stored)


def _body(stored: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if stored["method"]["method"] in OPERATIONS:
        how = dict(stored["method"])
        budget = {"budget": stored["budget"], "seed": stored["seed"]} if stored["budget"] else {}
        told["combine"] = {"operation": how.pop("method"), **how, **budget}
    else:
        if stored["filter"]:
            told["filter"] = _filter_told(stored["filter"])
        if stored.get("within"):
            told["within"] = stored["within"]
        steps = [_step_told(step) for step in (*stored.get("before", ()), stored)]
        mixture = steps.pop() if issubclass(method(Selector, stored["method"]["method"]), Mixer) else None
        told |= {"select": steps} if steps else {}
        told |= {"mixture": mixture} if mixture else {}
    # A parent that cannot be made again is taken from the corpus by its name.
    parents = {name: _body(parent) for name, parent in stored.get("parents", {}).items() if is_replayable(parent)}
    told |= {"parents": parents} if parents else {}
    return told


def _step_told(step: Mapping[str, Any]) -> dict[str, Any]:
    told = step["method"]
    order = [setting.name for setting in method(Selector, told["method"]).settings()]
    settings = {name: told[name] for name in order if name in told}
    return {"method": told["method"], **settings, **{key: step[key] for key in STEP if step.get(key) not in (None, 0)}}


def _filter_told(query: Mapping[str, str]) -> dict[str, Any]:
    """Return a filter's address as tables: {"in": {"source": ["wiki"]}} for in.source=["wiki"]."""
    told: dict[str, Any] = {}
    for key, text in query.items():
        kind, _, column = key.partition(".")
        if column:
            told.setdefault(kind, {})[column] = json.loads(text)
        elif kind == "lasso":
            polygons = [
                [[float(place) for place in corner.split(",")] for corner in polygon.split(";")]
                for polygon in text.split("|")
            ]
            told[kind] = polygons if len(polygons) > 1 else polygons[0]
        elif kind == "or":
            told[kind] = [_filter_told(part) for part in json.loads(text)]
        else:
            told[kind] = int(text) if kind == "like" else text
    return told


def load_recipe(path: Path) -> Recipe:
    """Read a recipe's file; raises InputError when there is none, SettingError naming the line of what is wrong."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as reason:
        found = getattr(reason, "strerror", None) or "it is not text in UTF-8"
        raise InputError(f"recipe {path} cannot be read", found, "winnow recipe NAME > FILE writes one") from reason
    return read_recipe(text, path.name)


def read_recipe(text: str, file: str = "recipe") -> Recipe:
    """Read the YAML of a recipe; raises SettingError naming the line and the nearest right name."""
    found = read_yaml(text, file)
    if not found.value:
        raise SettingError(f"{file} is empty", "", "winnow recipe NAME > FILE writes a recipe")
    top = found.mapping(())
    if top.get("winnow_recipe") != VERSION:
        what = f"found {top['winnow_recipe']!r}" if "winnow_recipe" in top else "it has no key 'winnow_recipe'"
        raise SettingError(f"{file} is no recipe of version {VERSION}", what, f"begin it with winnow_recipe: {VERSION}")
    found.mapping((), TOP)
    name = top.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        where, what = found.at(("name",)), f"found {name!r}"
        raise SettingError(f"{where}: name is letters, digits, . _ -", what, "name: best")
    selection = _Reader(found).body((), TOP)
    arrange = tuple(_method(found, ("arrange", n), Arrangement) for n in range(len(_listed(found, "arrange"))))
    judge = _judge(found) if "judge" in top else None
    return Recipe(name, selection, arrange, _export(found) if "export" in top else None, judge)


def _judge(found: Located) -> dict[str, Any]:
    """Read whom an arrangement asks; a file may not choose the secret that is sent."""
    if "key_env" in found.mapping(("judge",)):
        where = found.at(("judge", "key_env"))
        raise SettingError(f"{where}: a recipe names no key", "", "leave key_env out; WINNOW_JUDGE_KEY is sent")
    return _method(found, ("judge",), Judge)


def _listed(found: Located, key: str) -> list[Any]:
    return found.items((key,)) if key in found.value else []


def _method(found: Located, place: Place, kind: type[Method], extra: Sequence[str] = ()) -> dict[str, Any]:
    """Read a method with its settings, and check them; keys in `extra` are left for the caller."""
    told = found.mapping(place)
    name = told.get("method")
    if not isinstance(name, str):
        raise SettingError(f"{found.at(place)}: a step names its method", f"found {sorted(told)}", "method: NAME")
    with found.faults_at((*place, "method")):
        chosen = method(kind, name)
    known = [setting.name for setting in chosen.settings()]
    found.mapping(place, ("method", *known, *extra))
    with found.faults_at(place):
        return chosen.from_recipe({key: value for key, value in told.items() if key not in extra}).recipe


def _export(found: Located) -> dict[str, Any]:
    told = found.mapping(("export",))
    format, columns = told.get("format", "parquet"), told.get("columns", [])
    with found.faults_at(("export", "format") if "format" in told else ("export",)):
        exporter = method(Exporter, str(format))
    found.mapping(("export",), (*OF_ALL, *(setting.name for setting in exporter.settings())))
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        raise SettingError(
            f"{found.at(('export', 'columns'))}: columns is a list of names", f"found {columns!r}", "[all]"
        )
    with found.faults_at(("export",)):
        made = exporter.from_recipe({key: value for key, value in told.items() if key not in OF_ALL})
    share = {"validation": told["validation"]} if told.get("validation") else {}
    return {
        "format": exporter.name,
        "columns": columns,
        **share,
        **{k: v for k, v in made.recipe.items() if k != "method"},
    }


class _Reader:
    """Turns the parts of a recipe's file into stored recipes."""

    def __init__(self, found: Located) -> None:
        self._found = found

    def body(self, place: Place, known: Sequence[str] = BODY) -> dict[str, Any]:
        """Read a selection: a chain of methods, or selections combined; with its parents."""
        told = self._found.mapping(place, known)
        made = self._combined(place) if "combine" in told else self._chain(place)
        parents = self._found.mapping((*place, "parents")) if "parents" in told else {}
        read = {name: self.body((*place, "parents", name)) for name in parents}
        return {**made, **({"parents": read} if read else {})}

    def _chain(self, place: Place) -> dict[str, Any]:
        told = self._found.mapping(place)
        select = (*place, "select")
        count = len(self._found.items(select)) if "select" in told else 0
        steps = [self._step((*select, turn)) for turn in range(count)]
        if "mixture" in told:
            steps.append(self._step((*place, "mixture"), mixes=True))
        if not steps:
            where = self._found.at(place)
            raise SettingError(f"{where}: a recipe chooses by select, mixture or combine", "it has none", "select:")
        within = told.get("within", "")
        if not isinstance(within, str):
            raise SettingError(f"{self._found.at((*place, 'within'))}: within names a selection", f"found {within!r}")
        filter = self._filter((*place, "filter")) if "filter" in told else {}
        chain = {"before": steps[:-1]} if steps[:-1] else {}
        return {**steps[-1], "filter": filter, **chain, **({"within": within} if within else {})}

    def _step(self, place: Place, mixes: bool = False) -> dict[str, Any]:
        told = self._found.mapping(place)
        settings = _method(self._found, place, Selector, STEP)
        if mixes and not issubclass(method(Selector, settings["method"]), Mixer):
            where = self._found.at((*place, "method"))
            found = f"{settings['method']} does not"
            raise SettingError(f"{where}: a mixture shares a budget among groups", found, "put it under select")
        budget = self._budget(place) if "budget" in told else {}
        beside = {key: told[key] for key in STEP if key in told and key != "budget"}
        self._check_kinds(place, beside)
        return Step.of({"method": settings, "budget": budget, **beside}).recipe

    def _check_kinds(self, place: Place, told: Mapping[str, Any]) -> None:
        kinds: dict[str, type] = {
            "seed": int,
            "target": str,
            "force_target": bool,
            "target_sha256": str,
            "by": str,
            "lowest": bool,
        }
        words = {int: "a whole number", str: "a text", bool: "true or false"}
        for key, value in told.items():
            kind = kinds[key]
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise SettingError(f"{self._found.at((*place, key))}: {key} is {words[kind]}", f"found {value!r}")

    def _budget(self, place: Place) -> dict[str, float]:
        told = self._found.mapping((*place, "budget"), BUDGET)
        for unit, amount in told.items():
            if not isinstance(amount, (int, float)) or isinstance(amount, bool):
                where = self._found.at((*place, "budget", unit))
                raise SettingError(f"{where}: a budget is a number", f"found {amount!r}", "budget: {share: 0.1}")
        with self._found.faults_at((*place, "budget")):
            return Budget(**told).asked()

    def _filter(self, place: Place) -> dict[str, str]:
        told = self._found.mapping(place, FILTER)
        query: dict[str, str] = {}
        for key, value in told.items():
            if key in ("in", "not", "range"):
                listed = self._found.mapping((*place, key))
                query |= {
                    f"{key}.{column}": json.dumps(values, ensure_ascii=False) for column, values in listed.items()
                }
            elif key == "lasso":
                drawn = [part for part in self._found.items((*place, key)) if isinstance(part, list) and part]
                polygons = drawn if drawn and isinstance(drawn[0][0], list) else [drawn]
                query[key] = "|".join(
                    ";".join(",".join(map(str, corner)) for corner in polygon) for polygon in polygons
                )
            elif key == "or":
                parts = self._found.items((*place, key))
                query[key] = json.dumps([self._filter((*place, key, number)) for number in range(len(parts))])
            else:
                query[key] = str(value)
        try:
            return Filter.from_query(query).to_query()
        except QueryError as reason:
            where, fix = self._found.at(place), "range: {quality: [0.4, null]}, in: {source: [wiki]}"
            raise SettingError(f"{where}: this filter cannot be read", reason.found, fix) from reason

    def _combined(self, place: Place) -> dict[str, Any]:
        """Read selections to be combined, written as `combine` stores them."""
        at = (*place, "combine")
        told = self._found.mapping(at, COMBINE)
        beside = [key for key in ("filter", "within", "select", "mixture") if key in self._found.mapping(place)]
        if beside:
            where = self._found.at((*place, beside[0]))
            fix = "write that selection under parents, or make another recipe within this one"
            raise SettingError(f"{where}: combine stands alone", f"'{beside[0]}' stands beside it", fix)
        operation, names, weights = told.get("operation"), told.get("of"), told.get("weights", "max")
        for key, value, known in (("operation", operation, OPERATIONS), ("weights", weights, WEIGHTS)):
            if value not in known:
                where = self._found.at((*at, key))
                raise SettingError(
                    f"{where}: {key} is one of {', '.join(known)}", f"found {value!r}", nearest(str(value), known)
                )
        if not isinstance(names, list) or len(names) < 2 or not all(isinstance(name, str) for name in names):
            raise SettingError(f"{self._found.at((*at, 'of'))}: of is a list of two names or more", f"found {names!r}")
        self._check_kinds(at, {key: told[key] for key in ("seed", "by", "lowest") if key in told})
        ruled = {"weights": weights} if operation == "union" else {}
        by = {"by": told["by"], "lowest": bool(told.get("lowest", False))} if told.get("by") else {}
        budget = self._budget(at) if told.get("budget") else {}
        how = {"method": operation, "of": names, **ruled, **by}
        return {"method": how, "budget": budget, "seed": told.get("seed", 0), "filter": {}, "target": None}
