"""winnow learn and winnow raters, as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chat_server import Server, completion, serve
from conftest import one_process, write_lines
from winnow.catalog.labels import LabelSchema
from winnow.cli.main import load_commands, winnow
from winnow.errors import WinnowError
from winnow.workspace import Workspace


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learning")
    workspace = one_process(folder / "corpus")
    rows = [{"id": str(n), "text": f"{'lesson about stars' if n % 2 else 'cheap offer'} number {n}"} for n in range(40)]
    workspace.ingest([write_lines(folder / "pages.jsonl", rows)])
    workspace.score(["shape"])
    workspace.embed("static")
    workspace.labels.add_many(
        [{"doc_id": n, "value": "keep" if n % 2 else "drop"} for n in range(40)], who="ana", schema="label"
    )
    return folder / "corpus"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as listening:
        yield listening


def run(folder: Path, *words: str) -> Result:
    load_commands()
    return CliRunner().invoke(winnow, ["-w", str(folder), *words], standalone_mode=False)


def said(result: Result) -> str:
    assert result.exception is None, result.exception
    return result.stdout


def test_learn_list_show_and_learn_again(corpus_folder: Path) -> None:
    made = said(run(corpus_folder, "learn", "useful", "--rater", "yes_no", "--labels", "label"))
    assert "useful: AUROC 1.000" in made
    assert " one wins: " in made
    assert "useful\tyes_no\tlabels\t40\tAUROC" in said(run(corpus_folder, "raters"))
    card = json.loads(said(run(corpus_folder, "raters", "show", "useful", "--json")))
    assert card["rater"]["method"] == "yes_no"
    assert "correlation with length" in said(run(corpus_folder, "raters", "show", "useful"))
    assert "useful: AUROC" in said(run(corpus_folder, "learn", "useful"))
    assert "useful: useful" in said(run(corpus_folder, "raters", "write", "useful"))
    assert "useful" in Workspace(corpus_folder).browse.columns()


def test_judged_pairs_are_learnt_from_by_the_name_of_their_question(corpus_folder: Path, tmp_path: Path) -> None:
    labels = Workspace(corpus_folder).labels
    labels.define(LabelSchema("better", "Which is better?", kind="pair"))
    rows = [{"doc_id": n, "other": n + 1, "value": "second"} for n in range(0, 40, 2)]
    rows += [{"doc_id": 1, "other": 3, "value": "tie"}]
    labels.add_many(rows, who="ana", schema="better")
    made = said(run(corpus_folder, "learn", "nicer", "--rater", "qurating", "--pairs", "better"))
    assert "21 judged pairs, 1 of them ties, by 1 people" in made
    assert "nicer: pairs told right 1.000" in made
    assert " pairs, " in made
    kept = tmp_path / "pairs.jsonl"
    said(run(corpus_folder, "label", "export", str(kept), "--schema", "better", "--format", "pairs"))
    assert "21 judged pairs\n" in said(
        run(corpus_folder, "learn", "filed", "--rater", "qurating", "--pairs", str(kept))
    )
    assert Workspace(corpus_folder).raters.get("filed").plan.pairs == str(kept)
    wrong = run(corpus_folder, "learn", "x", "--rater", "qurating", "--pairs", "beter")
    assert "neither a file of pairs nor a question" in str(wrong.exception)
    assert "better" in str(wrong.exception)


def test_the_price_is_told_and_nothing_is_asked(corpus_folder: Path, server: Server) -> None:
    told = ["--rater", "qurating", "--judge", server.url, "--model", "m", "--criterion", "style", "--count", "5"]
    prices = ["--judge-set", "private=true", "--judge-set", "price_in=10", "--judge-set", "price_out=30"]
    assert said(run(corpus_folder, "learn", "x", *told, *prices, "--dry-run")).startswith("10 requests, about ")
    assert server.asked == []


def test_a_judge_that_cannot_be_used_fails_in_words(corpus_folder: Path, server: Server) -> None:
    server.reply = lambda number, body: (200, completion("no idea"))
    told = ["--rater", "edu", "--judge", server.url, "--model", "m", "--count", "15", "--judge-set", "private=true"]
    result = run(corpus_folder, "learn", "x", *told)
    assert isinstance(result.exception, WinnowError)
    assert "15 were malformed; no idea" in str(result.exception)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["x"], "--rater"),
        (["x", "--rater", "yesno", "--labels", "label"], "did you mean 'yes_no'"),
        (["x", "--rater", "yes_no"], "--labels SCHEMA"),
        (["x", "--rater", "yes_no", "--labels", "label", "--values", "keep:2,drop:0"], "yes and no"),
        (["x", "--rater", "edu", "--model", "m"], "--judge URL"),
        (["x", "--rater", "edu", "--judge", "http://127.0.0.1:9", "--model", "m"], "private=true"),
        (["x", "--rater", "edu", "--labels", "label", "--dry-run"], "only a judge costs"),
        (["x", "--rater", "cqf", "--reference", "/nowhere.jsonl"], "nowhere"),
    ],
)  # fmt: skip
def test_what_was_typed_wrong_is_said(corpus_folder: Path, words: list[str], error: str) -> None:
    result: Any = run(corpus_folder, "learn", *words)
    assert isinstance(result.exception, WinnowError), result.exception
    assert error in str(result.exception)


def test_an_unknown_rater_is_said(corpus_folder: Path) -> None:
    result = run(corpus_folder, "raters", "show", "nothing")
    assert isinstance(result.exception, WinnowError)
