"""Raters on a corpus: learn, card, column, staleness, judges, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chat_server import Server, completion, serve
from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.catalog.labels import FINAL, SKIP, LabelSchema
from winnow.errors import ConflictError, MissingNeed, SettingError
from winnow.jobs import lessons
from winnow.jobs.judged_pairs import judged_pairs
from winnow.jobs.labels import export_labels
from winnow.jobs.lessons import Plan
from winnow.jobs.raters import plan_of
from winnow.rate.pairwise import QuRating
from winnow.rate.pointwise import Edu
from winnow.workspace import Workspace

GOOD = (
    "The river carries silt to the delta.",
    "A vector has a length and a direction.",
    "Bread rises because yeast makes gas.",
)
BAD = (
    "Buy cheap pills now, best offer!",
    "Click here to win a free phone today!",
    "Hot deals, order now, limited stock!",
)
N = 60


def texts() -> list[str]:
    return [f"{(GOOD if row % 2 else BAD)[row % 3]} Page {row}, section {row * 7}." for row in range(N)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty documents, even ones bad and odd ones good, with lengths and static vectors."""
    folder = tmp_path_factory.mktemp("raters")
    workspace = one_process(folder / "corpus")
    rows = [
        {"id": f"d{row}", "text": text, "source": "web" if row < N / 2 else "books"} for row, text in enumerate(texts())
    ]
    workspace.ingest([write_lines(folder / "pages.jsonl", rows)])
    workspace.score(["shape", "tokens"])
    workspace.embed("static")
    return folder / "corpus"


@pytest.fixture
def workspace(base: Path, tmp_path: Path) -> Workspace:
    import shutil

    shutil.copytree(base, tmp_path / "corpus")
    return one_process(tmp_path / "corpus")


@pytest.fixture
def labelled(workspace: Workspace) -> Workspace:
    rows = [{"doc_id": row, "value": "keep" if row % 2 else "drop"} for row in range(40)]
    workspace.labels.add_many(rows, who="ana", schema="label")
    return workspace


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as listening:
        yield listening


def column(workspace: Workspace, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(workspace.browse.arrow(Filter(), [name]).column(0).to_numpy(), dtype=np.float64)


def test_labels_become_a_column(labelled: Workspace) -> None:
    card = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    found = column(labelled, "useful")
    assert found[1::2].min() > found[::2].max()
    (output,) = card.told["outputs"]
    assert output["figure"] == "AUROC"
    assert output["quality"]["value"] == 1
    assert card.told["fitted_on"]["counts"] == {"label": {"keep": 20, "drop": 20}}
    assert [row["source"] for row in output["per_source"]] == ["books", "web"]
    assert sum(output["histogram"]["counts"]) == N
    assert json.loads((card.folder / "card.json").read_bytes()) == card.told
    assert labelled.raters.stale(card) == []


def test_the_column_is_a_facet_an_order_and_a_selector(labelled: Workspace) -> None:
    labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    assert labelled.browse.columns()["useful"].kind == "number"
    assert labelled.browse.queue(Filter(), done=[], order="highest", column="useful", limit=5)[0] % 2 == 1
    made = labelled.select("top", docs=30, name="best", settings={"column": "useful"})
    assert labelled.sql("SELECT COUNT(*) FROM docs WHERE useful > 0.5").to_pylist() == [{"count_star()": 30}]
    assert made.summary["documents"] == 30


def test_labels_that_change_make_it_stale_and_it_is_fitted_again(labelled: Workspace) -> None:
    first = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    labelled.labels.add(41, "keep", who="ben")
    labelled.labels.add(3, "drop", who="ana")
    assert labelled.raters.stale(first) == ["2 labels changed since it was fitted"]
    second = labelled.learn("useful", "yes_no", plan=first.told["plan"])
    assert second.run != first.run
    assert first.folder.exists()
    assert [card.run for card in labelled.raters.all()] == [second.run]
    assert labelled.raters.stale(second) == []
    assert second.told["fitted_on"]["counts"] == {"label": {"keep": 20, "drop": 21}}


def test_documents_that_come_later_lack_the_column_until_it_is_written(labelled: Workspace, tmp_path: Path) -> None:
    card = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    labelled.ingest([write_lines(tmp_path / "more.jsonl", [{"id": "new", "text": "Yeast makes gas in bread."}])])
    labelled.score(["shape"])
    labelled.embed("static")
    assert labelled.raters.stale(card) == ["1 documents lack its column"]
    assert np.isnan(column(labelled, "useful")[-1])
    labelled.raters.write(card, progress_of())
    assert column(labelled, "useful")[-1] > 0.5
    assert labelled.raters.stale(card) == []


def progress_of() -> Any:
    from winnow.jobs.progress import Silent

    return Silent()


def test_a_head_may_wait_for_its_column(labelled: Workspace) -> None:
    card = labelled.learn("useful", "yes_no", plan={"labels": ["label"]}, write=False)
    assert "useful" not in labelled.browse.columns()
    assert labelled.raters.stale(card) == [f"{N} documents lack its column"]


def test_it_runs_as_a_job_and_again_from_its_recipe(labelled: Workspace) -> None:
    plan = {"labels": ["label"]}
    job = labelled.catalog.jobs.add("learn", {"name": "useful", "rater": "yes_no", "plan": plan})
    labelled.run_job(job)
    assert labelled.catalog.jobs.get(job).state == "done"
    labelled.learn("useful", "yes_no", plan=plan)
    newest = labelled.catalog.jobs.all(1)[0]
    again = labelled.catalog.jobs.add(newest.verb, dict(newest.recipe))
    labelled.run_job(again)
    assert labelled.catalog.jobs.get(again).state == "done"
    assert len({card.run for card in labelled.raters.all()}) == 1


def test_a_failed_fit_leaves_no_card(labelled: Workspace) -> None:
    with pytest.raises(SettingError):
        labelled.learn("useful", "edu", plan={"labels": ["label"]})
    assert labelled.raters.all() == []
    assert labelled.catalog.jobs.all(1)[0].state == "failed"
    assert not list((labelled.folder / "tmp").glob("*"))


def test_annotators_who_disagree_are_outvoted_or_cancel(labelled: Workspace) -> None:
    labelled.labels.add_many([{"doc_id": 1, "value": "drop"}], who="ben", schema="label")
    labelled.labels.add_many([{"doc_id": row, "value": "drop"} for row in (3,)], who="ben", schema="label")
    labelled.labels.add_many([{"doc_id": row, "value": "drop"} for row in (3,)], who="eve", schema="label")
    card = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    # Document 1 is a tie and says nothing; document 3 is dropped two to one.
    assert card.told["outputs"][0]["labels"] == 39


def test_of_too_many_labels_a_sample_is_learnt_from_and_the_card_says_so(
    labelled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert labelled.learn("useful", "yes_no", plan={"labels": ["label"]}).told["fitted_on"]["labelled"] == {}
    monkeypatch.setattr(lessons, "MOST", 30)
    labelled.labels.add_to_all(np.arange(40, 60), "keep", who="cem", schema="label")
    card = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    assert card.told["fitted_on"]["labelled"] == {"label": 60}
    assert card.told["documents"] == 30
    assert sum(card.told["fitted_on"]["counts"]["label"].values()) == 30, "none of those of one step for many"


@pytest.mark.parametrize(
    ("kind", "values", "yes", "no", "counts"),
    [
        ("choices", ("fact", "long"), (["fact"], ["fact", "long"]), (["long"], []), {"fact": 20, "long": 20, "(nothing)": 10}),
        ("tags", (), (["fact"], ["fact", "long"]), (["long"], []), {"fact": 20, "long": 20, "(nothing)": 10}),
        (
            "spans", ("fact", "ad"), ([{"start": 0, "end": 3, "tag": "fact"}],) * 2,
            ([{"start": 0, "end": 3, "tag": "ad"}], []), {"fact": 20, "ad": 10, "(nothing)": 10},
        ),
    ],
)  # fmt: skip
def test_one_of_several_answers_is_learnt_and_a_label_without_it_is_a_no(
    workspace: Workspace, kind: str, values: tuple[str, ...], yes: Any, no: Any, counts: dict[str, int]
) -> None:
    schema = LabelSchema("found", "What is in it?", values, kind=kind)
    workspace.labels.define(schema)
    # Odd documents are good; of both kinds the answers take turns.
    rows = [{"doc_id": row, "value": schema.written((yes if row % 2 else no)[row // 2 % 2])} for row in range(40)]
    workspace.labels.add_many([*rows, {"doc_id": 41, "value": SKIP}], who="ana", schema="found")
    card = workspace.learn("factual", "yes_no", plan={"labels": ["found"], "values": {"fact": 1}})
    found = column(workspace, "factual")
    assert found[1::2].min() > found[::2].max()
    assert card.told["outputs"][0]["labels"] == 40
    assert card.told["fitted_on"]["counts"] == {"found": counts}
    with pytest.raises(SettingError, match="no value 'fct'"):
        workspace.learn("x", "yes_no", plan={"labels": ["found"], "values": {"fct": 1}})


def test_a_reference_is_told_from_the_corpus(workspace: Workspace, tmp_path: Path) -> None:
    reference = write_lines(
        tmp_path / "good.jsonl",
        [{"text": f"{GOOD[row % 3]} Page {row + 100}, section {row * 7}."} for row in range(40)],
    )
    for rater, name in (("cqf", "like"), ("dclm_ngram", "worded")):
        card = workspace.learn(name, rater, plan={"reference": str(reference)}, settings={"negatives": 50})
        found = column(workspace, name)
        assert found[1::2].min() > found[::2].max(), rater
        assert card.told["fitted_on"]["texts"] == 40


def test_a_test_split_is_refused_as_a_reference(workspace: Workspace, tmp_path: Path) -> None:
    split = write_lines(tmp_path / "gsm8k_test.jsonl", [{"text": GOOD[row % 3]} for row in range(40)])
    with pytest.raises(SettingError, match="no test"):
        workspace.learn("like", "cqf", plan={"reference": str(split)})


def test_pairs_by_id_and_by_text_teach_criteria(workspace: Workspace, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"first": f"d{a}", "second": f"d{a + 1}", "winner": "second", "criterion": "educational_value"}
        for a in range(0, 50, 2)
    ]
    rows += [{"first": "d3", "second": "nobody", "winner": "first", "criterion": "educational_value"}]
    rows += [
        {
            "first_text": f"{GOOD[a % 3]} {a}",
            "second_text": f"{BAD[a % 3]} {a}",
            "winner": "first",
            "criterion": "writing_style",
        }
        for a in range(30)
    ]
    card = workspace.learn("qu", "qurating", plan={"pairs": str(write_lines(tmp_path / "pairs.jsonl", rows))})
    assert card.columns == ["qu_educational_value", "qu_writing_style"]
    assert card.told["fitted_on"]["unmatched"] == 1
    for name in card.columns:
        assert column(workspace, name)[1::2].mean() > column(workspace, name)[::2].mean()


def test_pairs_of_strangers_are_said(workspace: Workspace, tmp_path: Path) -> None:
    rows = [{"first": "somebody", "second": f"d{row}", "winner": "first"} for row in range(12)]
    with pytest.raises(MissingNeed, match="12 of 12 pairs name others"):
        workspace.learn("qu", "qurating", plan={"pairs": str(write_lines(tmp_path / "pairs.jsonl", rows))})


@pytest.fixture
def judged(workspace: Workspace) -> Workspace:
    """Thirty pairs of a bad and a good document, of which the good one won, and three ties of two good ones."""
    workspace.labels.define(LabelSchema("better", "Which is better?", kind="pair"))
    rows = [{"doc_id": row, "other": row + 1, "value": "second"} for row in range(0, 40, 2)]
    rows += [{"doc_id": row + 1, "other": row, "value": "first"} for row in range(40, 60, 2)]
    rows += [{"doc_id": row, "other": row + 2, "value": "tie"} for row in (1, 5, 9)]
    workspace.labels.add_many(rows, who="ana", schema="better")
    return workspace


def test_pairs_judged_on_the_label_page_teach_a_rating(judged: Workspace) -> None:
    card = judged.learn("nicer", "qurating", plan={"pairs": "better"})
    assert card.columns == ["nicer"]
    found = column(judged, "nicer")
    assert found[1::2].min() > found[::2].max()
    fitted, (output,) = card.told["fitted_on"], card.told["outputs"]
    assert (fitted["pairs"], fitted["ties"], fitted["people"], fitted["schemas"]) == (33, 3, 1, ["better"])
    assert (output["figure"], output["quality"]["value"]) == ("pairs told right", 1)
    assert output["quality"]["low"] <= output["quality"]["value"] <= output["quality"]["high"]
    # Sets of two and four documents are held out whole, so that no pair is cut; nobody is right about a tie.
    assert output["labels"] == 30
    judged.labels.add(0, "first", who="ana", schema="better", other=1)
    assert judged.raters.stale(card) == ["1 labels changed since it was fitted"]


def test_people_who_judge_a_pair_differently_are_averaged_unless_somebody_decided(judged: Workspace) -> None:
    labels = judged.labels
    labels.add(0, "first", who="ben", schema="better", other=1)
    labels.add(2, "tie", who="ben", schema="better", other=3)
    labels.add(4, "first", who="ben", schema="better", other=5)
    labels.add(4, "second", who="cem", schema="better", other=5, role=FINAL)
    labels.add(6, SKIP, who="ben", schema="better", other=7)
    labels.add(8, "first", who="rater:nicer", schema="better", other=9)
    found = judged_pairs(judged.catalog, "better")
    shares = {(line.first, line.second): line.share for line in found.lines}
    assert [shares[str(row), str(row + 1)] for row in (0, 2, 4, 6, 8)] == [0.5, 0.75, 1, 1, 1]
    assert found.told["people"] == 3


def test_documents_of_judged_pairs_are_their_numbers_whatever_their_ids(tmp_path: Path) -> None:
    made = one_process(tmp_path / "corpus")
    # Document 0 calls itself 59, document 1 calls itself 58, and so on.
    made.ingest(
        [write_lines(tmp_path / "p.jsonl", [{"id": str(59 - n), "text": text} for n, text in enumerate(texts())])]
    )
    made.score(["shape"])
    made.embed("static")
    made.labels.define(LabelSchema("better", "Which is better?", kind="pair"))
    rows = [{"doc_id": row, "other": row + 1, "value": "second"} for row in range(0, 40, 2)]
    made.labels.add_many(rows, who="ana", schema="better")
    made.learn("nicer", "qurating", plan={"pairs": "better"})
    assert column(made, "nicer")[1::2].mean() > column(made, "nicer")[::2].mean()
    assert export_labels(made.catalog, tmp_path / "pairs.jsonl", "better", format="pairs") == 20
    made.learn("again", "qurating", plan={"pairs": str(tmp_path / "pairs.jsonl")})
    assert column(made, "again")[1::2].mean() > column(made, "again")[::2].mean(), "a file of them says the same"


@pytest.mark.parametrize(
    ("named", "error", "words"),
    [
        ("beter", SettingError, "better"),
        ("label", SettingError, "--labels label"),
        ("unasked", MissingNeed, "judge some on the Label page"),
    ],
)
def test_a_question_that_has_no_pairs_is_said(
    judged: Workspace, named: str, error: type[Exception], words: str
) -> None:
    judged.labels.define(LabelSchema("unasked", "Which is longer?", kind="pair"))
    with pytest.raises(error, match=words):
        judged.learn("x", "qurating", plan={"pairs": named})


def test_ties_alone_teach_nothing(judged: Workspace) -> None:
    judged.labels.define(LabelSchema("same", "Which is longer?", kind="pair"))
    judged.labels.add_many([{"doc_id": n, "other": n + 1, "value": "tie"} for n in range(20)], who="ana", schema="same")
    with pytest.raises(MissingNeed, match="all 20 are"):
        judged.learn("x", "qurating", plan={"pairs": "same"})


def test_columns_are_merged(workspace: Workspace) -> None:
    card = workspace.learn("merged", "murating", plan={}, settings={"columns": ["chars", "words"], "pairs": 400})
    assert np.corrcoef(column(workspace, "merged"), column(workspace, "chars"))[0, 1] > 0.3
    assert card.told["kind"] == "columns"


def test_dataman_learns_each_criterion_from_its_own_question(workspace: Workspace) -> None:
    for name, values in (("accuracy", ("1", "5")), ("domain", ("Education", "Retail E-commerce"))):
        workspace.labels.define(LabelSchema(name, name, values))
        rows = [{"doc_id": row, "value": values[(row % 2) ^ (name == "domain")]} for row in range(30)]
        workspace.labels.add_many(rows, who="ana", schema=name)
    card = workspace.learn("dm", "dataman", plan={"labels": ["accuracy", "domain"]})
    assert card.columns == ["dm_accuracy", "dm_domain"]
    assert column(workspace, "dm_accuracy")[1::2].min() > 3 > column(workspace, "dm_accuracy")[::2].max()
    named = workspace.browse.facet("dm_domain", Filter())
    assert dict(named.values) == {"Education": 30, "Retail E-commerce": 30}


def judge(server: Server, **settings: Any) -> dict[str, Any]:
    return {"method": "endpoint", "url": server.url, "model": "m", "private": True, **settings}


def prefers_good(number: int, body: dict[str, Any]) -> tuple[int, Any]:
    """Prefer the text without an offer; when the question is one text, rate it 5 or 0."""
    said = body["messages"][-1]["content"]
    if "Text B:" not in said:
        return 200, completion("0" if any(bad.split()[0] in said for bad in BAD) else "5")
    second = said[said.index("Text B:") :]
    return 200, completion("A" if any(bad[:15] in second for bad in BAD) else "B")


def test_a_judge_is_asked_in_both_orders_and_never_twice(workspace: Workspace, server: Server) -> None:
    server.reply = prefers_good
    plan = {"judge": judge(server), "judged": 25}
    settings = {"criteria": ["educational_value"], "confidence": 0.5}
    cost = workspace.raters.estimate(QuRating(criteria=("educational_value",)), plan_of(plan))
    assert (cost.requests, cost.cached, len(server.asked)) == (50, 0, 0)
    card = workspace.learn("edu_pairs", "qurating", plan=plan, settings=settings)
    answers = card.told["fitted_on"]["answers"]
    assert len(server.asked) == answers["asked"] == 50
    assert answers["malformed"] == 0
    # Of two bad texts or two good ones this judge says A, or B, in either order: it is unsure, and they are left out.
    assert answers["unsure"] + card.told["outputs"][0]["labels"] == 25
    assert answers["unsure"] > 0
    workspace.learn("edu_pairs", "qurating", plan=plan, settings=settings)
    assert len(server.asked) == 50
    assert workspace.raters.estimate(QuRating(criteria=("educational_value",)), plan_of(plan)).requests == 0


def test_a_judge_that_always_takes_the_second_text_is_sure_of_nothing(workspace: Workspace, server: Server) -> None:
    server.reply = lambda number, body: (200, completion("B"))
    plan = {"judge": judge(server), "judged": 20}
    with pytest.raises(MissingNeed, match="unsure of 20 of 20"):
        workspace.learn("x", "qurating", plan=plan, settings={"criteria": ["style"]})


def test_a_judge_rates_texts_and_malformed_answers_are_counted(workspace: Workspace, server: Server) -> None:
    server.reply = lambda number, body: (
        (200, completion("well, hard to say")) if number % 10 == 9 else prefers_good(number, body)
    )
    card = workspace.learn("edu", "edu", plan={"judge": judge(server, concurrency=1), "judged": 50})
    answers = card.told["fitted_on"]["answers"]
    assert (answers["asked"], answers["malformed"]) == (50, 5)
    assert answers["examples"][0] == "well, hard to say"
    assert card.told["outputs"][0]["labels"] == 45
    assert column(workspace, "edu")[1::2].mean() > 3 > column(workspace, "edu")[::2].mean()
    assert Edu(high=10).prompt("", "x").choices[-1] == "10"


def test_pseudo_labels_only_above_a_shown_precision(labelled: Workspace) -> None:
    card = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    wanted = [found["wanted"] for found in card.told["outputs"][0]["safe"]]
    # Twenty of twenty are right: Wilson's lower end is 20 / (20 + 3.84) = .839, so .8 is safe and .9 is not.
    assert wanted == [0.8]
    with pytest.raises(MissingNeed, match="precision of 90%"):
        labelled.raters.pseudo_label(card, "useful", 0.9, "label", "keep")
    made = labelled.raters.pseudo_label(card, "useful", 0.8, "label", "keep")
    assert made == 10
    assert {label.doc_id for label in labelled.labels.standing("label", who="rater:useful")} == set(range(41, 60, 2))
    again = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    assert again.told["fitted_on"]["counts"] == {"label": {"keep": 20, "drop": 20}}


@pytest.mark.parametrize(
    ("name", "rater", "plan", "error", "words"),
    [
        ("1st", "yes_no", {"labels": ["label"]}, SettingError, "letters, digits"),
        ("chars", "yes_no", {"labels": ["label"]}, ConflictError, "has a column 'chars'"),
        ("x", "yes_no", {}, SettingError, "--labels SCHEMA"),
        ("x", "cqf", {"labels": ["label"]}, SettingError, "--reference FILE"),
        ("x", "yes_no", {"labels": ["label"], "pairs": "p"}, SettingError, "one kind of evidence"),
        ("x", "yes_no", {"labels": ["label"], "where": {"where": "true"}}, SettingError, "leave --where out"),
        ("x", "yes_no", {"labels": ["nothing"]}, SettingError, "no label schema"),
        ("x", "edu", {"labels": ["label"]}, SettingError, "--values"),
        ("x", "murating", {}, SettingError, "two columns"),
        ("x", "nonsense", {}, SettingError, "no rater is called"),
        ("x", "yes_no", {"labls": []}, SettingError, "other settings"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(
    labelled: Workspace, name: str, rater: str, plan: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        labelled.learn(name, rater, plan=plan)


def test_few_labels_and_absent_vectors_are_said(corpus: Workspace) -> None:
    corpus.labels.add(0, "keep", who="ana")
    with pytest.raises(MissingNeed, match="winnow embed --model static"):
        corpus.learn("x", "yes_no", plan={"labels": ["label"]})
    corpus.embed("static")
    with pytest.raises(MissingNeed, match="at least 10"):
        corpus.learn("x", "yes_no", plan={"labels": ["label"]})


def test_one_source_of_evidence_by_name() -> None:
    assert Plan(labels=("a",)).kind == "labels"
    assert Plan().kind == "columns"


def test_a_deciding_answer_outweighs_everybody_s(labelled: Workspace) -> None:
    """Three people call document 1 bad and one person decides that it is good: the evidence is a yes alone."""
    for who in ("ana", "ben", "eve"):
        labelled.labels.add(1, "drop", who=who)
    labelled.labels.add(1, "keep", who="lead", role=FINAL)
    card = labelled.learn("useful", "yes_no", plan={"labels": ["label"]})
    assert card.told["fitted_on"]["counts"]["label"] == {"keep": 20, "drop": 20}
