"""Jobs, exports and methods: long work runs in processes of its own and outlives the request that asked for it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from winnow.api.problems import NotThere, answer
from winnow.api.scope import Served
from winnow.api.selections import or_404
from winnow.catalog import access
from winnow.catalog.joblog import Job
from winnow.describe import describe
from winnow.errors import ConflictError, SettingError
from winnow.export.base import Exporter
from winnow.method import method
from winnow.storage import is_remote

PATHS = {"ingest": "paths", "export": "folder", "run_recipe": "path"}
"""Where a verb's recipe names a file or folder of the server."""

LOG = 64 * 1024
"""Bytes of a log that one answer holds at most."""


class Work(BaseModel):
    """A verb of the workspace with its arguments, as `Workspace.start` takes them."""

    model_config = ConfigDict(extra="forbid")

    verb: str = Field(description="For example score, embed, cluster, select, export, index.")
    recipe: dict[str, Any] = Field({}, description="The arguments of the method of that name.")


class Writing(BaseModel):
    """What `winnow export` is told."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="The selection.")
    folder: str = Field(description="A new folder on the server.")
    format: str = "parquet"
    columns: list[str] = []
    settings: dict[str, Any] = {}
    arrange: list[dict[str, Any]] = []
    judge: dict[str, Any] | None = None


def jobs(served: Served) -> APIRouter:
    """Return the routes of jobs."""
    router = APIRouter(tags=["jobs"])

    @router.get("/jobs", summary="List jobs, newest first")
    def listed(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        return answer({"jobs": [_told(job) for job in served.workspace().catalog.jobs.all(limit)]})

    @router.post("/jobs", summary="Start a job", status_code=202)
    def start(work: Work) -> Response:
        return answer(_started(served, work.verb, work.recipe), 202)

    @router.get("/jobs/{job}", summary="One job: state, progress, error")
    def one(job: int) -> Response:
        return answer(_told(_found(served, job)))

    @router.get("/jobs/{job}/log", summary="What a job's process has written, from a byte on")
    def log(job: int, offset: Annotated[int, Query(ge=0)] = 0) -> Response:
        _found(served, job)
        path = served.workspace().catalog.jobs.log_path(job)
        text = _read(path, offset)
        return answer(
            {"job": job, "offset": offset, "next": offset + len(text), "log": text.decode("utf-8", "replace")}
        )

    @router.post("/jobs/{job}/cancel", summary="Ask a job to stop at its next step")
    def cancel(job: int) -> Response:
        _found(served, job)
        return answer({"job": job, "state": served.workspace().catalog.jobs.cancel(job)})

    @router.post("/jobs/{job}/again", summary="Start what a job that ended says once more", status_code=202)
    def again(job: int) -> Response:
        found = _found(served, job)
        return answer(_started(served, found.verb, dict(found.recipe)), 202)

    return router


def exports(served: Served) -> APIRouter:
    """Return the routes of exports, methods, and of who is asking."""
    router = APIRouter()

    @router.get("/exports", summary="Exports, newest first", tags=["exports"])
    def listed() -> Response:
        found = [job for job in served.workspace().catalog.jobs.all(1000) if job.verb == "export"]
        return answer({"exports": [_told(job) for job in found]})

    @router.post("/exports", summary="Write a selection as files: starts a job", status_code=202, tags=["exports"])
    def write(told: Writing) -> Response:
        or_404(lambda: served.workspace().catalog.selections.get(told.name))
        method(Exporter, told.format).from_recipe(told.settings)
        place = served.allowed(told.folder)
        folder = Path(place)
        if not is_remote(place) and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConflictError("an export needs a new folder", f"{folder} exists and is not empty", "name another")
        return answer(_started(served, "export", told.model_dump()), 202)

    @router.get("/methods", summary="Readers, scorers, selectors, exporters … with their settings", tags=["methods"])
    def methods(kind: str | None = None) -> Response:
        return answer({"methods": describe(kind)})

    @router.get("/me", summary="Who asks, and what their role is", tags=["access"])
    def me() -> Response:
        actor = access.present()
        return answer({"name": actor.name if actor else "", "role": actor.role if actor else "curator"})

    @router.get(
        "/audit", summary="Exports, deletions and changes of roles, newest first; for curators", tags=["access"]
    )
    def audit(before: int | None = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        access.require("curate")
        found = served.workspace().catalog.audit.all(limit, before)
        return answer(
            {"audit": [asdict(deed) for deed in found], "next": found[-1].seq if len(found) == limit else None}
        )

    return router


def _started(served: Served, verb: str, recipe: dict[str, Any]) -> dict[str, Any]:
    told = dict(recipe)
    for name in {PATHS.get(verb, ""), "out" if verb == "run_recipe" else ""} & set(told):
        value = told[name]
        told[name] = [served.allowed(str(path)) for path in value] if isinstance(value, list) else _one(served, value)
    served.within(told)
    workspace = served.workspace()
    return _told(workspace.catalog.jobs.get(workspace.start(verb, **told)))


def _one(served: Served, path: object) -> str | None:
    return None if path is None else served.allowed(str(path))


def _found(served: Served, job: int) -> Job:
    try:
        return served.workspace().catalog.jobs.get(job)
    except SettingError as reason:
        raise NotThere(reason.needs, reason.found, "GET /jobs lists them") from reason


def _told(job: Job) -> dict[str, Any]:
    return {**asdict(job), "share": job.share, "seconds": job.seconds}


def _read(path: Path, offset: int) -> bytes:
    if not path.exists():
        return b""
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(LOG)
