"""Label Studio's tasks: JSON with one annotation a person, and the labelling configuration that goes with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson

from winnow.errors import InputError
from winnow.label.exchange import LabelRow, identity, read_list, text, write_whole

SIDES = {"first": "left", "second": "right"}
SKIPPED = "(skip)"
SHAPE = 'tasks with "data" and "annotations"'


def configuration(question: str, words: str, kind: str, values: Sequence[str]) -> str:
    """Return the XML that Label Studio needs to show these tasks: question, its kind and answers."""
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Header", value=words)
    names = ("first", "second") if kind == "pair" else ("text",)
    for name in names:
        ElementTree.SubElement(view, "Text", name=name, value=f"${name}")
    to = ",".join(names)
    if kind == "spans":
        labels = ElementTree.SubElement(view, "Labels", name=question, toName=to)
        for value in values:
            ElementTree.SubElement(labels, "Label", value=value)
    elif kind == "scale":
        ElementTree.SubElement(view, "Rating", name=question, toName=to, maxRating=str(len(values)))
    elif kind == "tags":
        ElementTree.SubElement(view, "TextArea", name=question, toName=to, maxSubmissions="30")
    elif kind == "pair":
        ElementTree.SubElement(view, "Pairwise", name=question, toName=to)
        tie = ElementTree.SubElement(view, "Choices", name=f"{question}_tie", toName="first")
        ElementTree.SubElement(tie, "Choice", value="tie")
    else:
        choices = ElementTree.SubElement(view, "Choices", name=question, toName=to, choice="multiple" if kind == "choices" else "single")  # fmt: skip
        for value in values:
            ElementTree.SubElement(choices, "Choice", value=value)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode")


def write_label_studio(path: Path, rows: Sequence[Mapping[str, Any]], question: str, kind: str) -> int:
    """Write one task per document, or pair, and return how many annotations they hold.

    Skipped documents are cancelled annotations, known answers ground truth. Passages are counted in UTF-16 units there.
    """
    tasks: dict[tuple[int, int | None], dict[str, Any]] = {}
    for row in rows:
        task = tasks.setdefault((row["doc_id"], row.get("other")), _task(len(tasks) + 1, row))
        annotation = {
            "id": row["seq"], "completed_by": {"email": row["who"]}, "was_cancelled": row["skipped"],
            "ground_truth": row.get("role") == "gold", "created_at": row["at"], "lead_time": row.get("seconds"),
            "unique_id": row["uuid"] if row["skipped"] else None, "result": [] if row["skipped"] else _results(row, question, kind),
        }  # fmt: skip
        task["annotations"].append(annotation)
        if not row["skipped"]:
            task["data"]["uuids"][said_by(question, task["data"], row["who"], row["value"])] = row["uuid"]
    write_whole(path, [orjson.dumps(list(tasks.values()), option=orjson.OPT_INDENT_2)])
    return len(rows)


def _task(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"doc_id": row["doc_id"], "id": row.get("id"), "uuids": {}}
    if row.get("other") is None:
        data |= {"text": row["text"]}
    else:
        data |= {
            "first": row["text"],
            "second": row["other_text"],
            "other": row["other"],
            "other_id": row.get("other_id"),
        }
    return {"id": number, "data": data, "annotations": [], "predictions": []}


def _results(row: Mapping[str, Any], question: str, kind: str) -> list[dict[str, Any]]:
    value = row["value"]
    if kind == "spans":
        units = _units(row["text"])
        return [
            _result(question, "text", "labels", {
                "start": units[span["start"]], "end": units[span["end"]],
                "text": row["text"][span["start"] : span["end"]], "labels": [span["tag"]],
            }, place)
            for place, span in enumerate(value)
        ]  # fmt: skip
    if kind == "scale":
        return [_result(question, "text", "rating", {"rating": float(value)})]
    if kind == "tags":
        return [_result(question, "text", "textarea", {"text": list(value)})]
    if kind == "pair" and value in SIDES:
        return [_result(question, "first,second", "pairwise", {"selected": SIDES[value]})]
    if kind == "pair":
        return [_result(f"{question}_tie", "first", "choices", {"choices": [value]})]
    return [_result(question, "text", "choices", {"choices": value if isinstance(value, list) else [value]})]


def _result(question: str, to: str, kind: str, value: dict[str, Any], place: int = 0) -> dict[str, Any]:
    return {"id": f"r{place}", "from_name": question, "to_name": to, "type": kind, "origin": "manual", "value": value}


def _units(words: str) -> list[int]:
    """Return where each code point begins in UTF-16 units, and the end."""
    return [0, *accumulate(2 if ord(letter) > 0xFFFF else 1 for letter in words)]


def read_label_studio(path: Path, question: str, kind: str) -> Iterator[LabelRow]:
    """Yield one label per annotation that answers the question; cancelled ones were skipped.

    Raises InputError naming the task that is none.
    """
    for number, task in enumerate(read_list(path, "Label Studio"), start=1):
        data = task.get("data")
        if not isinstance(data, dict):
            raise InputError(f"{path}: task {number} is none of Label Studio's", f"found {sorted(task)}", SHAPE)
        if data.get("doc_id") is None and data.get("id") is None:
            raise InputError(
                f"{path}: task {number} names no document", f"its data has {sorted(data)}", 'data with "doc_id" or "id"'
            )
        for annotation in task.get("annotations") or ():
            row = _label(number, data, annotation, question, kind)
            if row is not None:
                yield row


def _label(
    number: int, data: Mapping[str, Any], annotation: Mapping[str, Any], question: str, kind: str
) -> LabelRow | None:
    who = _who(annotation.get("completed_by"))
    value = (
        "(skip)" if annotation.get("was_cancelled") else _answer(data, annotation.get("result") or (), question, kind)
    )
    if value is None:
        return None
    mark, known = said_by(question, data, who, value), data.get("uuids")
    uuid = text((known if isinstance(known, dict) else {}).get(mark))
    if value == SKIPPED:
        uuid = text(annotation.get("unique_id"))
    return LabelRow(
        number, data.get("doc_id"), text(data.get("id")), value, who, text(annotation.get("created_at")), uuid or mark,
        annotation.get("lead_time"), other=data.get("other"), other_id=text(data.get("other_id")),
        role="gold" if annotation.get("ground_truth") else "",
    )  # fmt: skip


def said_by(question: str, data: Mapping[str, Any], who: str | None, value: Any) -> str:
    """Return an id of an answer that changes with what it says: what was changed in Label Studio is new here."""
    return identity("label-studio", question, data.get("id"), data.get("doc_id"), data.get("other"), who, value)


def _who(completed_by: Any) -> str | None:
    if isinstance(completed_by, dict):
        return text(completed_by.get("email") or completed_by.get("id"))
    return text(completed_by)


def _answer(data: Mapping[str, Any], results: Sequence[Mapping[str, Any]], question: str, kind: str) -> Any:
    """Return what the results say, None when they answer another question."""
    mine = [result for result in results if result.get("from_name") in (question, f"{question}_tie")]
    values = [result.get("value") or {} for result in mine]
    if kind == "spans":
        units: dict[Any, int] = {unit: point for point, unit in enumerate(_units(str(data.get("text") or "")))}
        return [
            {"start": units.get(value.get("start"), value.get("start")), "end": units.get(value.get("end"), value.get("end")), "tag": tag}
            for value in values for tag in value.get("labels") or ()
        ]  # fmt: skip
    if not values:
        return None
    if "rating" in values[0]:
        return f"{float(values[0]['rating']):g}"
    if "selected" in values[0]:
        return {left: name for name, left in SIDES.items()}.get(values[0]["selected"])
    words = [word for value in values for word in value.get("choices") or value.get("text") or ()]
    return words if kind in ("choices", "tags") else (words[0] if words else None)
