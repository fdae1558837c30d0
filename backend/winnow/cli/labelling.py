"""The commands for labels: questions, ask, stats, agreement, suspects, enough, queue, all, undo, export, import, gold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from winnow.cli import console
from winnow.cli.line import folder_option
from winnow.cli.main import winnow
from winnow.cli.narrowing import narrowing_options

if TYPE_CHECKING:
    from winnow.catalog.catalog import Catalog
    from winnow.catalog.filters import Filter

schema_option = click.option("--schema", default="label", show_default=True, help="Which question the labels answer.")
search_option = click.option("--search", default="", help="Words that the documents hold, as on Explore.")
who_option = click.option("--who", required=True, help="Your name: every label belongs to somebody.")


def _catalog(folder: Path) -> Catalog:
    from winnow.workspace import Workspace

    return Workspace(folder).catalog


def _searched(filter: Filter, words: str) -> Filter:
    from dataclasses import replace

    return replace(filter, search=words) if words else filter


@winnow.group()
def label() -> None:
    """Ask questions, and write, read, count and check hand labels."""


@label.command("questions")
@folder_option
def label_questions(folder: Path, /) -> None:
    """List every question with its kind, answers and how a team shares it."""
    schemas = _catalog(folder).labels.schemas().values()
    rows = [
        (schema.name, schema.kind, schema.question, ", ".join(schema.values), f"{schema.overlap:.0%} by {schema.annotators or 'all'}", f"{schema.gold:.0%}")
        for schema in schemas
    ]  # fmt: skip
    console.table(["schema", "kind", "question", "answers", "shared", "known"], rows)


@label.command("ask")
@click.argument("name")
@click.option("--question", help="The question itself.")
@click.option("--kind", help="choice, choices, scale, keep, spans, tags or pair.")
@click.option("--values", help="Answers in the order of their keys, separated by commas.")
@click.option("--guidelines", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A Markdown file.")
@click.option("--low", help="What the lowest point of a scale means.")
@click.option("--high", help="What the highest means.")
@click.option("--overlap", type=float, help="Share of the documents that several people answer.")
@click.option("--annotators", type=int, help="How many people answer each of these (0: everybody).")
@click.option("--gold", type=float, help="Share of the queue whose answer is known.")
@folder_option
def label_ask(folder: Path, /, name: str, **told: Any) -> None:
    """Add a question, or change what is told of one; answers in use are never taken away."""
    from dataclasses import replace

    from winnow.catalog.labels import LabelSchema

    labels = _catalog(folder).labels
    if told["values"] is not None:
        told["values"] = tuple(value.strip() for value in told["values"].split(",") if value.strip())
    if told["guidelines"] is not None:
        told["guidelines"] = told["guidelines"].read_text(encoding="utf-8")
    given = {key: value for key, value in told.items() if value is not None}
    known = labels.schemas().get(name)
    schema = replace(known, **given) if known else LabelSchema(**{"name": name, "question": name, **given})
    labels.define(schema)
    console.say(f"{schema.name} asks for {schema.kind}: {', '.join(schema.values) or 'free words'}")


@label.command("export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@schema_option
@click.option("--format", "format_name", default="jsonl", show_default=True, help="jsonl, argilla, label-studio or pairs.")  # fmt: skip
@click.option("--gold", is_flag=True, help="Known answers too.")
@folder_option
def label_export(folder: Path, /, out: Path, schema: str, format_name: str, gold: bool) -> None:
    """Write every standing label of a question to a file."""
    from winnow.jobs.labels import export_labels

    catalog = _catalog(folder)
    count = export_labels(catalog, out, schema, format=format_name, gold=gold)
    console.say(f"{count:,} labels written to {out}")
    if format_name == "label-studio":
        from winnow.label.label_studio import configuration

        known = catalog.labels.schema(schema)
        console.say("Label Studio shows them with this labelling configuration:")
        console.say(configuration(known.name, known.question, known.kind, known.values))


@label.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@schema_option
@click.option("--format", "format_name", default="jsonl", show_default=True, help="jsonl, argilla or label-studio.")
@click.option("--who", default="import", show_default=True, help="Whose labels they are, when a line does not say.")
@folder_option
def label_import(folder: Path, /, path: Path, schema: str, format_name: str, who: str) -> None:
    """Append labels from a file: of {"doc_id" or "id", "value", "who"} lines, or of another tool."""
    from winnow.jobs.labels import import_labels

    made = import_labels(_catalog(folder), path, schema, who, format=format_name)
    console.say(f"{made.new:,} new labels, {made.known:,} were there already")
    if made.unmatched:
        console.say(f"{len(made.unmatched):,} name no document: {', '.join(made.unmatched[:10])}")


@label.command("stats")
@folder_option
def label_stats(folder: Path, /) -> None:
    """Count labels per question, person and value, with the agreement of each two people and everybody's pace."""
    from winnow.jobs.label_review import gold_results, pace
    from winnow.jobs.labels import label_stats

    catalog = _catalog(folder)
    found = label_stats(catalog)
    rows = [(stats.schema, row["who"], row["value"], row["documents"]) for stats in found for row in stats.counts]
    console.table(["schema", "who", "value", "documents"], rows, numbers=["documents"])
    pairs = [
        (stats.schema, pair.first, pair.second, pair.documents, pair.share, pair.kappa, f"{pair.low:.2f} to {pair.high:.2f}")
        for stats in found
        for pair in stats.agreement
    ]  # fmt: skip
    _table(["schema", "who", "and", "documents", "agree", "kappa", "95 %"], pairs, ["documents", "agree", "kappa"])
    fast = [
        (stats.schema, row.who, row.answers, row.median, row.slow, row.per_hour)
        for stats in found
        for row in pace(catalog, stats.schema)
    ]
    numbers = ["answers", "median s", "90 % under", "an hour"]
    _table(["schema", "who", *numbers], fast, numbers)
    known = [
        (stats.schema, row.who, row.right, row.of, row.accuracy, f"{row.low:.2f} to {row.high:.2f}")
        for stats in found
        for row in gold_results(catalog, stats.schema)
    ]
    _table(["schema", "who", "known right", "of", "share", "95 %"], known, ["known right", "of", "share"])


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Sequence[str]) -> None:
    if rows:
        console.say("")
        console.table(list(names), [tuple(row) for row in rows], numbers=list(numbers))


@label.command("agreement")
@schema_option
@folder_option
def label_agreement(folder: Path, /, schema: str) -> None:
    """Measure how far all people agree on a question, and on each answer, with 95 % intervals."""
    from winnow.jobs.label_review import team_agreement

    found = team_agreement(_catalog(folder), schema)
    rows = [
        (name, measured.documents, measured.value, f"{measured.low:.3f} to {measured.high:.3f}")
        for name, measured in (
            (f"Krippendorff's alpha, {found.metric}", found.alpha), ("Fleiss' kappa", found.fleiss),
            *((f"alpha of '{answer}' against the rest", measured) for answer, measured in found.per_answer.items()),
        )
    ]  # fmt: skip
    console.table(["measure", "documents", "value", "95 %"], rows, numbers=["documents", "value"])


@label.command("disputes")
@schema_option
@click.option("--all", "everything", is_flag=True, help="Decided ones too.")
@click.option("--limit", default=20, show_default=True)
@folder_option
def label_disputes(folder: Path, /, schema: str, everything: bool, limit: int) -> None:
    """List documents that people answered differently, undecided ones first."""
    from winnow.jobs.label_review import disputes
    from winnow.jobs.label_words import quoted

    catalog = _catalog(folder)
    known, found = catalog.labels.schema(schema), disputes(catalog, schema, open_only=not everything, limit=limit)
    ids = [dispute.doc_id for dispute in found] if known.kind == "spans" else []
    texts = dict(zip(ids, catalog.texts.texts(ids), strict=True)) if ids else {}

    def words(dispute: Any, value: str | None) -> str:
        return quoted(known, str(value), texts.get(dispute.doc_id, ""))

    rows = [
        (
            dispute.doc_id, "" if dispute.other is None else dispute.other,
            ", ".join(f"{who}: {words(dispute, value)}" for who, value in dispute.answers.items()),
            f"{words(dispute, dispute.decided.value)} by {dispute.decided.who}" if dispute.decided else "",
        )
        for dispute in found
    ]  # fmt: skip
    console.table(["doc_id", "and", "answers", "decided"], rows)


@label.command("decide")
@click.argument("doc_id", type=int)
@click.argument("value")
@click.option("--other", type=int, help="The second document of a pair.")
@click.option("--known", is_flag=True, help="As a known answer that measures annotators, not as a deciding one.")
@schema_option
@who_option
@folder_option
def label_decide(
    folder: Path, /, doc_id: int, value: str, other: int | None, known: bool, schema: str, who: str
) -> None:
    """Give a document its deciding answer, or its known one."""
    from winnow.jobs.label_review import decide, set_gold

    (set_gold if known else decide)(_catalog(folder), schema, doc_id, value, who, other=other)
    console.say(f"document {doc_id}: {value}, {'known' if known else 'decided'} by {who}")


@label.command("suspects")
@schema_option
@click.option("--limit", default=20, show_default=True)
@folder_option
def label_suspects(folder: Path, /, schema: str, limit: int) -> None:
    """List labels that look wrong, the surest first, and how many of each answer are estimated to be."""
    from winnow.jobs.label_doubts import doubts, wrong_labels

    catalog = _catalog(folder)
    found = doubts(catalog, schema)
    rows = [(doubt.doc_id, doubt.value, doubt.looks_like, doubt.margin) for doubt in found[:limit]]
    console.table(["doc_id", "label", "looks like", "by"], rows, numbers=["doc_id", "by"])
    for wrong in wrong_labels(catalog, schema):
        console.say(f"about {wrong.labels:.0f} labels say {wrong.value} and look like {wrong.truly}")


@label.command("enough")
@schema_option
@folder_option
def label_enough(folder: Path, /, schema: str) -> None:
    """Say whether more labels would help: heads fitted to parts of them, measured on held-out ones."""
    from winnow.jobs.label_doubts import enough

    found = enough(_catalog(folder), schema)
    rows = [(point.labels, point.value, f"{point.low:.3f} to {point.high:.3f}") for point in found.curve]
    console.table(["labels", "named right", "95 %"], rows, numbers=["labels", "named right"])
    console.say(f"always the commonest answer: {found.commonest:.3f}")
    console.say(found.verdict)


@label.command("queue")
@click.option("--order", default="random", show_default=True, help="random, uncertain, highest, lowest, diverse, clusters, balanced, disagreement, suspects or skipped.")  # fmt: skip
@click.option("--column", default="", help="The column that uncertain, highest, lowest and disagreement go by.")
@click.option("--limit", default=20, show_default=True)
@schema_option
@who_option
@narrowing_options
@search_option
@folder_option
def label_queue(folder: Path, /, schema: str, who: str, filter: Filter, search: str, **told: Any) -> None:
    """Print the documents that wait for somebody, in an order."""
    from winnow.jobs.label_queue import next_items

    queue = next_items(_catalog(folder), schema, who, filter=_searched(filter, search), **told)
    for item in queue.items:
        console.say(str(item.doc_id) if item.other is None else f"{item.doc_id}\t{item.other}")
    if queue.waiting > len(queue.items):
        console.warn(f"{queue.waiting - len(queue.items):,} more wait")


@label.command("all")
@click.argument("value")
@click.option("--again", is_flag=True, help="Also where this person answered before.")
@click.option("--yes", type=int, help="How many documents it is about: without it, only the count is told.")
@schema_option
@who_option
@narrowing_options
@search_option
@folder_option
def label_all(
    folder: Path, /, value: str, again: bool, yes: int | None, schema: str, who: str, filter: Filter, search: str
) -> None:
    """Give every document of a filter one answer, as one step that `winnow label undo` takes back."""
    from winnow.jobs.labels import answer_all, to_answer

    catalog, filter = _catalog(folder), _searched(filter, search)
    if yes is None:
        count = len(to_answer(catalog, schema, who, filter=filter, again=again))
        console.say(f"{count:,} documents would be labelled {value}: say --yes {count} to do it")
        return
    made = answer_all(catalog, schema, value, who, filter=filter, expected=yes, again=again)
    console.say(f"{made:,} documents labelled {value} by {who}")


@label.command("undo")
@schema_option
@who_option
@folder_option
def label_undo(folder: Path, /, schema: str, who: str) -> None:
    """Take back somebody's newest step: one label, or all that were given at once."""
    from winnow.jobs.label_words import quoted
    from winnow.jobs.labels import undo

    catalog = _catalog(folder)
    back = undo(catalog, schema, who)
    if not back.labels:
        console.say(f"{who} has nothing to take back")
        return
    first = back.labels[0]
    words = quoted(catalog.labels.schema(schema), str(first.value), catalog.texts.texts([first.doc_id])[0])
    console.say(f"taken back: {words} for {back.documents:,} document{'s' * (back.documents != 1)}")
