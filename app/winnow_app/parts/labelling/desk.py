"""The label desk: what waits for a person, sent ahead to the browser, and the answers that come back."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from winnow.catalog.labels import SKIP, LabelSchema
from winnow.errors import WinnowError
from winnow.jobs.label_queue import AGAIN, Item, next_items, still_waiting
from winnow.jobs.labels import answer, progress, undo
from winnow_app import data, identity
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import RIGHT_TO_LEFT, term_marks
from winnow_app.parts.labelling.task import Task

HERE = Path(__file__).parent
KEY = "labeldesk"
SHOWN_CHARS = 30_000
SENT, REFILL, FETCHED = 8, 16, 50
"""Items that the browser has ahead; below how many the queue is filled up, and by how many."""

LAST = 12


@functools.cache
def _component() -> Any:
    script = "\n".join((HERE / name).read_text("utf-8") for name in ("text.js", "answers.js", "desk.js"))
    html, style = '<div class="deskroot"></div>', (HERE / "desk.css").read_text("utf-8")
    return st.components.v2.component("winnow_label_desk", html=html, css=style, js=script, isolate_styles=False)


@st.fragment(run_every=15.0)
def label_desk(task: Task) -> None:
    """Show the next document of a queue; an answer brings the one after it without drawing the page again.

    It runs by itself now and then, so that everybody sees how far the others are.
    """
    identity.stay()
    with failures_as_words("desk"):
        desk = Desk.of(task)
        schema = data.workspace().labels.schema(task.question)
        desk.fill(task, least=SENT)
        with st.container(key="desk"):
            _component()(data=desk.told(task, schema), key=KEY, on_outbox_change=_take)
        desk.fill(task, least=REFILL)


def _take() -> None:
    """Keep what the browser sent, before the page is drawn with what comes next."""
    sent = (st.session_state.get(KEY) or {}).get("outbox") or ()
    desk: Desk | None = st.session_state.get("desk")
    if desk is not None:
        desk.take([entry for entry in sent if isinstance(entry, Mapping)])


class Desk:
    """A person's queue in one browser window."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.queue: list[Item] = []
        self.waiting = 0
        self.seen: set[int] = set()
        self.asked: set[Item] = set()
        self.taken: dict[str, str] = {}
        self.acks: list[str] = []
        self.refused: dict[str, str] = {}
        self.sides: dict[int, dict[str, Any]] = {}

    @classmethod
    def of(cls, task: Task) -> Desk:
        found = st.session_state.get("desk")
        if found is None or st.session_state.get("desk.task") != task.key:
            found = st.session_state["desk"] = cls(task)
            st.session_state["desk.task"] = task.key
        desk: Desk = found
        return desk

    def fill(self, task: Task, *, least: int) -> None:
        """Fetch more of the queue when it runs low."""
        if len(self.queue) >= least or (self.waiting <= len(self.queue) and self.waiting):
            return
        ahead = {item.doc_id for item in self.queue} | self.seen
        found = next_items(
            data.workspace().catalog, task.question, task.who,
            order=task.order, column=task.column, filter=task.filter, limit=FETCHED, leave_out=ahead,
        )  # fmt: skip
        self.queue += found.items
        self.waiting = found.waiting + len(self.queue) - len(found.items)

    def take(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Work off what is new in the outbox; what was worked off before is only acknowledged again."""
        self.acks = [str(entry.get("uuid", "")) for entry in entries]
        self.refused = {}
        for entry in entries:
            uuid = str(entry.get("uuid", ""))
            if uuid and uuid not in self.taken and entry.get("question") == self.task.question:
                try:
                    self.taken[uuid] = self._work_off(uuid, entry)
                except WinnowError as reason:
                    self.taken[uuid] = str(reason)
                if self.taken[uuid]:
                    self.refused[uuid] = self.taken[uuid]

    def _work_off(self, uuid: str, entry: Mapping[str, Any]) -> str:
        """Do what one entry says and return what is to be said about it."""
        catalog, task = data.workspace().catalog, self.task
        if entry.get("undo"):
            back = undo(catalog, task.question, task.who, uuid=uuid)
            if not back.labels:
                return "There is nothing to take back."
            first = back.labels[0]
            if back.documents == 1:
                self._first(Item(first.doc_id, first.other))
            schema = catalog.labels.schema(task.question)
            where = f"document {first.doc_id}" if back.documents == 1 else f"{back.documents:,} documents"
            return f"Taken back: {schema.shown(str(first.value))} for {where}."
        other = int(entry["other"]) if entry.get("other") is not None else None
        if "back" in entry:
            self._first(Item(int(entry["back"]), other))
            return ""
        item = Item(int(entry["doc_id"]), other)
        seconds = float(entry["seconds"]) if entry.get("seconds") is not None else None
        answer(catalog, task.question, item.doc_id, entry["value"], task.who, other=other, seconds=seconds, uuid=uuid)
        if item in self.queue:
            self.queue.remove(item)
            self.asked.discard(item)
            self.waiting = max(0, self.waiting - 1)
        if task.order in AGAIN:
            self.seen.add(item.doc_id)
        return ""

    def _first(self, item: Item) -> None:
        if item in self.queue:
            self.queue.remove(item)
        else:
            self.waiting += 1
        self.seen.discard(item.doc_id)
        self.asked.add(item)
        self.queue.insert(0, item)

    def told(self, task: Task, schema: LabelSchema) -> dict[str, Any]:
        """Return what the browser shows."""
        catalog = data.workspace().catalog
        if task.order not in AGAIN:
            kept = still_waiting(catalog, task.question, task.who, self.queue[:SENT])
            gone = {item for item in self.queue[:SENT] if item not in kept and item not in self.asked}
            self.queue = [item for item in self.queue if item not in gone]
        items = self.queue[:SENT]
        self._read([doc_id for item in items for doc_id in (item.doc_id, item.other) if doc_id is not None])
        far = progress(catalog, task.question, task.who)
        return {
            "schema": {name: getattr(schema, name) for name in ("name", "question", "kind", "guidelines", "low", "high")}
            | {"values": list(schema.values)},
            "queue": task.key, "post": _post(task), "items": [self._item(schema, item) for item in items],
            "acks": self.acks, "refused": self.refused, "waiting": self.waiting, "ended": _ended(task),
            "progress": {"answered": far.answered, "skipped": far.skipped, "team": far.team, "people": len(far.people)},
            "last": self._last(schema), "known": _known(schema) if schema.kind == "tags" else [],
        }  # fmt: skip

    def _item(self, schema: LabelSchema, item: Item) -> dict[str, Any]:
        said = self._said(item)
        sides = [self.sides[doc_id] for doc_id in (item.doc_id, item.other) if doc_id is not None]
        return {
            "key": f"{item.doc_id}-{item.other}", "doc_id": item.doc_id, "other": item.other, "sides": sides,
            "said": schema.read(said) if said and said != SKIP else None,
        }  # fmt: skip

    def _said(self, item: Item) -> str:
        for label in data.workspace().labels.of_person(self.task.question, self.task.who, item.doc_id):
            if label.other == item.other:
                return str(label.value)
        return ""

    def _read(self, doc_ids: Sequence[int]) -> None:
        """Read the documents that the browser is to have, and forget those that it has had."""
        lacking = [doc_id for doc_id in doc_ids if doc_id not in self.sides]
        self.sides = {doc_id: self.sides[doc_id] for doc_id in doc_ids if doc_id in self.sides}
        if not lacking:
            return
        terms = data.workspace().highlight_terms(self.task.filter)
        rows = data.workspace().catalog.texts.fetch(lacking, ["id", "text", "source", "url", "date"]).to_pylist()
        self.sides |= {doc_id: _side(doc_id, row, terms) for doc_id, row in zip(lacking, rows, strict=True)}

    def _last(self, schema: LabelSchema) -> list[dict[str, Any]]:
        latest = data.workspace().labels.standing(schema.name, self.task.who, LAST)
        texts = data.texts(tuple(label.doc_id for label in latest)) if latest else []
        return [
            {
                "doc_id": label.doc_id, "other": label.other, "value": schema.shown(str(label.value)),
                "snippet": " ".join(text[:300].split())[:160],
            }
            for label, text in zip(latest, texts, strict=True)
        ]  # fmt: skip


def _side(doc_id: int, row: Mapping[str, Any], terms: Sequence[str]) -> dict[str, Any]:
    text = row["text"] or ""
    shown = text[:SHOWN_CHARS]
    named = [str(row[name]).strip() for name in ("url", "id") if row.get(name) and str(row[name]).strip()]
    where = [str(doc_id), str(row.get("source") or ""), str(row.get("date") or "")[:10], f"{len(text):,} characters"]
    return {
        "title": (named[0] if named else f"document {doc_id}")[:120], "where": " · ".join(part for part in where if part),
        "text": shown, "cut": len(text) if len(shown) < len(text) else None,
        "marks": [[mark.start, mark.end, mark.kind, mark.title] for mark in term_marks(shown, terms)],
        "rtl": len(RIGHT_TO_LEFT.findall(shown[:2000])) * 3 > len(shown[:2000].strip()),
    }  # fmt: skip


def _post(task: Task) -> str:
    """Return where a browser holds what this person answered to this question of this corpus until it is kept."""
    told = repr((str(data.workspace().folder), task.who, task.question))
    return f"winnow.desk.{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _ended(task: Task) -> str:
    if task.order in AGAIN:
        return "Nothing is left to look at again."
    return "Every document of this filter has your answer, or is somebody else's."


def _known(schema: LabelSchema) -> list[str]:
    """Return the tags that people used, the most frequent first."""
    used: dict[str, int] = {}
    for row in data.workspace().labels.counts(schema.name):
        for name in schema.names(str(row["value"])):
            used[name] = used.get(name, 0) + int(row["documents"])
    return [*schema.values, *sorted((name for name in used if not name.startswith("(")), key=lambda name: -used[name])][
        :60
    ]
