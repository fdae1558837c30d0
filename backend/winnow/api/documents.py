"""Documents: lists, one document, searches, counts, facets, SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from winnow.api.problems import NotThere, answer, written
from winnow.api.reading import GRAMMAR, cursor_of, filter_of, list_key, place_of
from winnow.api.scope import Served
from winnow.catalog.filters import Filter
from winnow.errors import QueryError, SettingError

SHOWN = ("id", "source", "date", "url", "language", "tokens", "quality", "toxicity", "cluster_name", "label")
"""Columns of a list that names none; those that the corpus lacks are left out."""

LISTING = ("columns", "sort", "descending", "limit", "cursor", "chars", "q", "kind")
PIECE, LONG_PIECE = 1000, 100
"""Documents of one answer at most, without and with their text."""

KINDS = {"keyword": "search", "semantic": "near", "regex": "regex", "similar": "like"}


class Documents(BaseModel):
    """A piece of a list."""

    documents: list[dict[str, Any]] = Field(
        description="doc_id, the columns, `score` of a search, `text` if asked for."
    )
    next: str | None = Field(description="The cursor of the next piece; null when this was the last.")


class Counted(BaseModel):
    """How many documents a filter keeps."""

    documents: int
    tokens: int


class Statement(BaseModel):
    """One read-only SELECT over the relation `docs`."""

    query: str = Field(max_length=100_000)
    limit: int = Field(1000, ge=1, le=10_000)


class Listed(BaseModel):
    """How a list is shown."""

    columns: str = Field("", description="Columns, comma-separated; `all` for all.")
    sort: str = Field("", description="Column to sort by; without one by doc_id, a search best match first.")
    descending: bool = True
    limit: int = Field(50, ge=1, le=PIECE)
    cursor: str = Field("", description="`next` of the answer before.")
    chars: int = Field(0, ge=0, description=f"Characters of text to send with each; then at most {LONG_PIECE} a piece.")


def documents(served: Served) -> APIRouter:
    """Return the routes that read documents."""
    router = APIRouter(tags=["documents"])

    @router.get("/documents", summary="List documents", description=GRAMMAR, responses={200: {"model": Documents}})
    def listed(request: Request, how: Annotated[Listed, Query()]) -> Response:
        return answer(_piece(served, filter_of(request.query_params, LISTING), how))

    @router.get("/documents.jsonl", summary="Stream all documents of a filter, a line each", description=GRAMMAR)
    def lines(request: Request, columns: str = "", chars: int = 0) -> Response:
        filter = filter_of(request.query_params, ("columns", "chars"))
        told = {"columns": columns, "chars": chars, "limit": LONG_PIECE if chars else PIECE}
        source = _lines(served, filter, Listed.model_validate(told))
        first = next(source)
        return StreamingResponse(_chained(first, source), media_type="application/x-ndjson")

    @router.get("/documents/{doc_id}", summary="One document with everything known about it")
    def one(doc_id: int, percentiles: bool = False) -> Response:
        return answer(_document(served, doc_id, percentiles))

    @router.get("/search", summary="Search", description=GRAMMAR, responses={200: {"model": Documents}})
    def search(
        request: Request, how: Annotated[Listed, Query()], q: str,
        kind: Literal["keyword", "semantic", "regex", "similar"] = "keyword",
    ) -> Response:  # fmt: skip
        filter = _asking(filter_of(request.query_params, LISTING), kind, q)
        return answer({**_piece(served, filter, how), "terms": served.workspace().highlight_terms(filter)})

    _facets(router, served)
    return router


def _facets(router: APIRouter, served: Served) -> None:
    @router.get(
        "/count", summary="Count documents and tokens", description=GRAMMAR, responses={200: {"model": Counted}}
    )
    def count(request: Request) -> Response:
        return answer(asdict(served.workspace().browse.count(filter_of(request.query_params))))

    @router.get("/columns", summary="Every column and what kind of facet it makes")
    def columns() -> Response:
        return answer({"columns": [asdict(column) for column in served.workspace().browse.columns().values()]})

    @router.get(
        "/facets/{column}", summary="Count a column's names, or its numbers or dates in bars", description=GRAMMAR
    )
    def facet(request: Request, column: str, limit: Annotated[int, Query(ge=1, le=1000)] = 20) -> Response:
        browse, filter = served.workspace().browse, filter_of(request.query_params, ("limit",))
        known = browse.columns().get(column)
        if known is not None and known.kind in ("number", "date"):
            return answer({"column": column, "kind": known.kind, **asdict(browse.histogram(column, filter))})
        found = browse.facet(column, filter, limit=limit)
        return answer({"column": column, "kind": known.kind if known else "", **asdict(found)})

    @router.post("/sql", summary="Answer one read-only SELECT over `docs`, sandboxed", tags=["documents"])
    def sql(asked: Statement) -> Response:
        found = served.workspace().sql(asked.query, limit=asked.limit + 1)
        rows = found.slice(0, asked.limit).to_pylist()
        return answer({"columns": found.column_names, "rows": rows, "more": found.num_rows > asked.limit})


def _asking(filter: Filter, kind: str, question: str) -> Filter:
    field = KINDS[kind]
    if field not in {item.name for item in fields(Filter)}:
        raise SettingError(f"no search is called '{kind}'", "", "keyword, semantic or similar")
    if field == "like" and not question.isdigit():
        raise QueryError("what is similar is asked of a document's number", f"found '{question}'", "q=17&kind=similar")
    told: dict[str, Any] = {field: int(question) if field == "like" else question}
    return replace(filter, **told)


def _piece(served: Served, filter: Filter, how: Listed) -> dict[str, Any]:
    columns = _columns(served, how.columns)
    key = list_key(filter.key, how.sort, how.descending)
    limit = min(how.limit, LONG_PIECE) if how.chars else how.limit
    listing = served.workspace().catalog.listing
    after = place_of(how.cursor, key)
    found = listing.read(filter, columns, limit=limit, sort=how.sort, descending=how.descending, after=after)
    return {"documents": _with_text(served, found.rows, how.chars), "next": cursor_of(found.after, key)}


def _columns(served: Served, asked: str) -> list[str]:
    known = served.workspace().browse.columns()
    if not asked:
        return [name for name in SHOWN if name in known]
    return list(known) if asked == "all" else [name.strip() for name in asked.split(",") if name.strip()]


def _with_text(served: Served, rows: list[dict[str, Any]], chars: int) -> list[dict[str, Any]]:
    if chars and rows:
        texts = served.workspace().catalog.texts.texts([row["doc_id"] for row in rows])
        for row, text in zip(rows, texts, strict=True):
            row["text"] = text[:chars]
    return rows


def _lines(served: Served, filter: Filter, how: Listed) -> Iterator[bytes]:
    """Yield the documents of a filter, one piece in memory at a time; the first item is written before any is sent."""
    columns, after = _columns(served, how.columns), None
    listing = served.workspace().catalog.listing
    while True:
        found = listing.read(filter, columns, limit=how.limit, after=after)
        rows = _with_text(served, found.rows, how.chars)
        yield b"".join(written(row) + b"\n" for row in rows)
        after = found.after
        if after is None:
            return


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _document(served: Served, doc_id: int, percentiles: bool) -> dict[str, Any]:
    workspace = served.workspace()
    if not 0 <= doc_id < workspace.catalog.manifest.documents():
        raise NotThere(f"there is no document {doc_id}", "the corpus ends before it", "list them: /api/v1/documents")
    found = workspace.document(doc_id)
    told = {
        "doc_id": doc_id,
        "text": found.text,
        "values": dict(found.values),
        "spans": {name: [asdict(span) for span in spans] for name, spans in found.spans.items()},
        "meta": dict(found.meta),
        "labels": [asdict(label) for label in found.labels],
    }
    if percentiles:
        told["percentiles"] = dict(workspace.browse.percentiles(doc_id, list(found.values)))
    return told
