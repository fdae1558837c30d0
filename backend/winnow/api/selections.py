"""Selections: choose as `winnow select` does, read what was chosen, why, and how to choose it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from winnow.api.problems import NotThere, answer
from winnow.api.reading import GRAMMAR, filter_of
from winnow.api.scope import Served
from winnow.catalog.selections import NamedSelection
from winnow.errors import SettingError

PIECE = 10_000


class Choice(BaseModel):
    """What `winnow select` is told: a method, one budget, and what to choose from."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(description="A selector: GET /methods?kind=selector.")
    name: str = Field(description="What the selection is called.")
    docs: int | None = Field(None, description="Budget in documents.")
    tokens: int | None = Field(None, description="Budget in tokens.")
    share: float | None = Field(None, description="Budget as a share of the pool's tokens.")
    filter: dict[str, str] = Field({}, description="Which documents to choose from. " + GRAMMAR)
    within: str = Field("", description="Selection to choose from, instead of the whole corpus.")
    before: list[dict[str, Any]] = Field([], description="Recipes of steps whose choices are narrowed first.")
    target: str | None = Field(None, description="File on the server, or selection, to match.")
    force_target: bool = False
    seed: int = 0
    settings: dict[str, Any] = Field({}, description="The method's settings.")
    replace: bool = Field(False, description="Overwrite a selection of this name.")
    preview: bool = Field(False, description="Choose without keeping, and say the counts.")


def selections(served: Served) -> APIRouter:
    """Return the routes of selections."""
    router = APIRouter(tags=["selections"])

    @router.get("/selections", summary="List selections, newest first")
    def listed() -> Response:
        return answer({"selections": [_told(kept) for kept in served.workspace().catalog.selections.all()]})

    @router.post("/selections", summary="Choose documents by a published method within a budget", status_code=201)
    def choose(choice: Choice) -> Response:
        if choice.preview:
            return answer({"name": "", "summary": _preview(served, choice)})
        return answer(_told(_keep(served, choice)), 201)

    @router.get("/selections/{name}", summary="One selection with its counts")
    def one(name: str) -> Response:
        return answer(_told(_found(served, name)))

    @router.get("/selections/{name}/documents", summary="What was chosen, in the order of choice, with weights")
    def documents(
        name: str, cursor: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=PIECE)] = 1000
    ) -> Response:
        doc_ids, weights = _found(served, name).read()
        end = min(cursor + limit, len(doc_ids))
        rows = [
            {"doc_id": doc_id, "weight": weight}
            for doc_id, weight in zip(doc_ids[cursor:end].tolist(), weights[cursor:end].tolist(), strict=True)
        ]
        return answer({"documents": rows, "next": end if end < len(doc_ids) else None})

    _about(router, served)
    return router


def _about(router: APIRouter, served: Served) -> None:
    @router.get("/selections/{name}/recipe", summary="The recipe as YAML, which makes the selection again")
    def recipe(name: str) -> Response:
        _found(served, name)
        return PlainTextResponse(served.workspace().recipe(name), media_type="application/yaml")

    @router.get("/selections/{name}/why/{doc_id}", summary="What each step did with a document")
    def why(name: str, doc_id: int) -> Response:
        from winnow.jobs.verdict import why as reasons_of

        _found(served, name)
        reasons = reasons_of(served.workspace().catalog, name, doc_id)
        return answer({"name": name, "doc_id": doc_id, "steps": [asdict(reason) for reason in reasons]})

    @router.delete("/selections/{name}", summary="Take a selection off the list; exports already written stay")
    def remove(name: str) -> Response:
        _found(served, name)
        served.workspace().catalog.selections.remove(name)
        return Response(status_code=204)


def _told(kept: NamedSelection) -> dict[str, Any]:
    return {"name": kept.name, "created": kept.created, "summary": dict(kept.summary), "recipe": dict(kept.recipe)}


def _found(served: Served, name: str) -> NamedSelection:
    return or_404(lambda: served.workspace().catalog.selections.get(name))


def or_404(find: Callable[[], NamedSelection]) -> NamedSelection:
    """Return what an address names; raises NotThere with the nearest name."""
    try:
        return find()
    except SettingError as reason:
        raise NotThere(reason.needs, reason.found, reason.fix) from reason


def _asked(served: Served, choice: Choice) -> dict[str, Any]:
    """Return what a choice says as arguments; a target that is no selection is a file that may be named."""
    told = choice.model_dump(exclude={"method", "name", "settings", "replace", "preview", "filter", "target"})
    names = [kept.name for kept in served.workspace().catalog.selections.all()]
    target = choice.target if choice.target in (None, *names) else served.allowed(str(choice.target))
    served.within(choice.settings)
    return {**told, "filter": filter_of(choice.filter), "target": target}


def _keep(served: Served, choice: Choice) -> NamedSelection:
    asked = {**_asked(served, choice), "settings": choice.settings, "replace": choice.replace}
    return served.workspace().select(choice.method, name=choice.name, **asked)


def _preview(served: Served, choice: Choice) -> dict[str, Any]:
    workspace = served.workspace()
    selector = workspace.selector(choice.method, choice.settings)
    return dict(workspace.preview(selector, **_asked(served, choice)).summary)
