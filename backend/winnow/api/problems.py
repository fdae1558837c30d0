"""Answers: JSON, and failures as problem details (RFC 9457) in Winnow's own one line, never a traceback."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from winnow.api.attempts import TooMany
from winnow.catalog import access
from winnow.errors import (
    AccessError,
    CorpusError,
    InputError,
    MissingNeed,
    QueryError,
    SettingError,
    WinnowError,
)

PROBLEM = "application/problem+json"


class NotThere(WinnowError):
    """What an address names does not exist."""


def answer(content: Any, status: int = 200) -> Response:
    """Return JSON; a number that JSON has no word for is null, a date is ISO 8601."""
    return Response(written(content), status, media_type="application/json")


def written(content: Any) -> bytes:
    """Return JSON of what came from the catalog: numbers of NumPy, dates, and anything else as text."""
    return orjson.dumps(content, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def problem(reason: Exception) -> Response:
    """Return a failure as problem details: needs, found and fix beside the line that a command would print."""
    if not isinstance(reason, WinnowError):
        return told(500, "something unexpected happened; the log of the server tells more")
    status = status_of(reason)
    headers = {"Retry-After": f"{reason.seconds:.0f}"} if isinstance(reason, TooMany) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return told(status, str(reason), headers, needs=reason.needs, found=reason.found, fix=reason.fix)


def told(status: int, detail: str, headers: dict[str, str] | None = None, **more: str) -> Response:
    """Return problem details of a status."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(orjson.dumps(content), status, headers, media_type=PROBLEM)


def status_of(reason: WinnowError) -> int:
    """Return the status of an expected failure: conflicts and missing steps are 409, mistakes of the caller 400."""
    actor = access.present()
    known = actor is not None and actor.role != access.NOBODY
    by_kind: list[tuple[type[WinnowError], int]] = [
        (TooMany, 429), (AccessError, 403 if known else 401), (NotThere, 404), (QueryError, 400), (SettingError, 400),
        (InputError, 422), (MissingNeed, 409), (CorpusError, 503),
    ]  # fmt: skip
    return next((status for kind, status in by_kind if isinstance(reason, kind)), 409)


def unexpected(reason: Exception) -> Response:
    """Write a failure that nobody foresaw to the server's log, and say that there was one."""
    logging.getLogger("winnow.api").error("a request failed", exc_info=reason)
    return problem(reason)
