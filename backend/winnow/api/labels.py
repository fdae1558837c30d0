"""Questions and labels: the same events as the Label page writes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from winnow.api.problems import answer
from winnow.api.scope import Served
from winnow.catalog import label_log
from winnow.catalog.labels import LabelSchema
from winnow.errors import QueryError

PIECE = 1000


class Given(BaseModel):
    """One answer about one document."""

    model_config = ConfigDict(extra="forbid")

    doc_id: int
    value: str | list[str] | list[dict[str, Any]] = Field(description='The answer, several, spans, or "(skip)".')
    uuid: str | None = Field(None, max_length=64, description="The same uuid again changes nothing: retry with it.")
    seconds: float | None = Field(None, ge=0, description="How long the answer took.")


class Labelling(BaseModel):
    """Labels of one person for one question, kept all or none."""

    model_config = ConfigDict(extra="forbid")

    labels: list[Given] = Field(min_length=1, max_length=10_000)
    schema_name: str = Field("label", alias="schema", description="Which question they answer.")
    who: str = Field("", max_length=79, description="Whose they are; somebody who has logged in leaves it out.")


class Back(BaseModel):
    """Whose newest label is taken back."""

    model_config = ConfigDict(extra="forbid")

    schema_name: str = Field("label", alias="schema")
    who: str = Field("", max_length=79)


class Question(BaseModel):
    """A question asked of documents; fields beyond these are those of `LabelSchema`."""

    model_config = ConfigDict(extra="allow")

    name: str
    question: str
    values: list[str] = []
    guidelines: str = ""


def labels(served: Served) -> APIRouter:
    """Return the routes of questions and labels."""
    router = APIRouter(tags=["labels"])

    @router.get("/questions", summary="The questions asked of documents")
    def questions() -> Response:
        return answer({"questions": [asdict(schema) for schema in served.workspace().labels.schemas().values()]})

    @router.post("/questions", summary="Add a question, or change its wording", status_code=201)
    def define(asked: Question) -> Response:
        schema = _schema(asked)
        served.workspace().labels.define(schema)
        return answer(asdict(schema), 201)

    @router.get("/labels", summary="The log of labels, oldest first, from an event on")
    def events(
        after: int = 0, schema: str = "", who: str = "", limit: Annotated[int, Query(ge=1, le=PIECE)] = 100
    ) -> Response:
        control = served.workspace().catalog.control
        found = label_log.events(control, after, schema=schema, who=who, limit=limit + 1)
        more = found[limit - 1].seq if len(found) > limit else None
        return answer({"labels": [asdict(label) for label in found[:limit]], "next": more})

    @router.post("/labels", summary="Give labels", status_code=201)
    def give(told: Labelling) -> Response:
        return answer(_give(served, told), 201)

    @router.post("/labels/undo", summary="Take back a person's newest label")
    def undo(told: Back) -> Response:
        taken = served.workspace().labels.undo(who=served.speaker(told.who), schema=told.schema_name)
        return answer({"taken_back": asdict(taken) if taken else None})

    return router


def _schema(asked: Question) -> LabelSchema:
    told: dict[str, Any] = {**asked.model_dump(), "values": tuple(asked.values)}
    try:
        return LabelSchema(**told)
    except TypeError as reason:
        raise QueryError(
            "a question has the fields of a schema", str(reason).partition(") ")[2], "GET /questions"
        ) from None


def _give(served: Served, told: Labelling) -> dict[str, Any]:
    labels, who = served.workspace().labels, served.speaker(told.who)
    if len(told.labels) == 1:
        one = told.labels[0]
        seq = labels.add(one.doc_id, one.value, who=who, schema=told.schema_name, uuid=one.uuid, seconds=one.seconds)
        return {"new": 1, "seq": seq}
    schema = labels.schema(told.schema_name)
    rows = [
        {"doc_id": one.doc_id, "value": schema.written(one.value), "uuid": one.uuid, "seconds": one.seconds}
        for one in told.labels
    ]
    return {"new": labels.add_many(rows, who=who, schema=told.schema_name), "seq": labels.last}
