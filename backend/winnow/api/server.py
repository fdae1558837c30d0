"""The API as an application: all routes, every failure as problem details, and a description of itself."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from winnow.api.documents import documents
from winnow.api.gate import Gate
from winnow.api.jobs import exports, jobs
from winnow.api.labels import labels
from winnow.api.log_in import routes as log_in_routes
from winnow.api.problems import answer, problem, told, unexpected
from winnow.api.scope import Served
from winnow.api.selections import selections
from winnow.errors import WinnowError

ABOUT = """The workspace's verbs as HTTP, beside the app and behind the same door: what is labelled or selected here is
seen on the pages and in notebooks at once. Lists come in pieces: pass `next` back as `cursor`. Failures are
`application/problem+json` whose `detail` says what was needed, what was found, and what mends it."""


def api(served: Served) -> FastAPI:
    """Return the API of one corpus, to be mounted at /api/v1 behind a Gate."""
    app = FastAPI(
        title="Winnow",
        version=_version(),
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    for made in (documents, labels, selections, exports, jobs):
        app.include_router(made(served))

    @app.get("/", summary="Where things are", include_in_schema=False)
    def root() -> Response:
        return answer({"name": "Winnow", "version": _version(), "openapi": "/api/v1/openapi.json"})

    app.add_exception_handler(WinnowError, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _unexpected)
    return app


def server_routes(served: Served) -> list[BaseRoute]:
    """Return what stands beside the app: /api/v1, /login and /logout."""
    return [Mount("/api/v1", app=api(served)), *log_in_routes(served.visitors)]


def alone(served: Served) -> Starlette:
    """Return the API without the app, behind its gate."""
    return Starlette(routes=server_routes(served), middleware=[Middleware(Gate, visitors=served.visitors)])


def _failed(request: Request, reason: Exception) -> Response:
    return problem(reason)


def _unexpected(request: Request, reason: Exception) -> Response:
    return unexpected(reason)


def _invalid(request: Request, reason: Exception) -> Response:
    """Say in a line which field is wrong: the first, in the words of the check."""
    assert isinstance(reason, RequestValidationError)
    first = reason.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    more = f" and {len(reason.errors()) - 1} more" if len(reason.errors()) > 1 else ""
    return told(422, f"{where}: {first['msg']}{more}; see /api/v1/openapi.json")


def _no_route(request: Request, reason: Exception) -> Response:
    assert isinstance(reason, HTTPException)
    return told(reason.status_code, f"{request.method} {request.url.path}: {reason.detail}; see /api/v1/openapi.json")


def _version() -> str:
    try:
        return version("winnow-workbench")
    except PackageNotFoundError:
        return "0"
