"""The workspace: verbs are recorded, gaps are named, jobs run in processes of their own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from conftest import one_process, write_lines
from winnow.catalog.filters import Filter
from winnow.errors import CorpusError, MissingNeed, QueryError, SettingError
from winnow.workspace import JOBS, Workspace


def test_opening_needs_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="winnow ingest"):
        Workspace(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_empty_corpus_says_what_comes_first(tmp_path: Path) -> None:
    workspace = one_process(tmp_path / "corpus")
    assert workspace.missing() == {}
    for verb in (workspace.score, workspace.embed, workspace.cluster):
        with pytest.raises(MissingNeed, match="winnow ingest"):
            verb()
    with pytest.raises(MissingNeed, match="tokens"):
        workspace.select("random", name="x", docs=1)
    with pytest.raises(QueryError):
        workspace.document(0)
    assert workspace.quarantine().num_rows == 0
    assert workspace.sql("SELECT COUNT(*) AS n FROM docs").to_pylist() == [{"n": 0}]
    assert workspace.sql("SELECT text FROM docs").to_pylist() == []


def test_every_verb_is_recorded_with_what_came_of_it(corpus: Workspace) -> None:
    with pytest.raises(SettingError):
        corpus.export("nope", corpus.folder.parent / "out")
    with pytest.raises(ZeroDivisionError), corpus._recorded("index", {}, None):
        raise ZeroDivisionError("0")
    jobs = corpus.catalog.jobs.all()
    assert [(job.verb, job.state) for job in jobs] == [("index", "failed"), ("export", "failed"), ("ingest", "done")]
    assert jobs[0].error == "ZeroDivisionError: 0"
    assert "no selection is called 'nope'" in jobs[1].error
    assert Path(jobs[2].recipe["paths"][0]).is_absolute(), "a job is done again from any folder"


def test_a_job_is_done_again_under_its_number(corpus: Workspace) -> None:
    job = corpus.catalog.jobs.add("select", {"name_of_method": "random", "name": "some", "docs": 2, "filter": {}})
    with pytest.raises(MissingNeed):
        corpus.run_job(job)
    assert corpus.catalog.jobs.get(job).state == "failed"
    corpus.score(["tokens"])
    corpus.run_job(job)
    assert corpus.catalog.jobs.get(job).state == "done"
    assert len(corpus.catalog.selections.get("some").read()[0]) == 2
    assert [found.job for found in corpus.catalog.jobs.all()] == [3, 2, 1]


def test_a_job_that_cannot_begin_is_failed_not_forgotten(corpus: Workspace) -> None:
    job = corpus.catalog.jobs.add("score", {"names": ["nope"]})
    with pytest.raises(SettingError):
        corpus.run_job(job)
    assert corpus.catalog.jobs.get(job).state == "failed"
    with pytest.raises(SettingError, match="choose from: ingest"):
        corpus.start("dance")


def test_a_started_job_runs_in_a_process_of_its_own(corpus: Workspace) -> None:
    job = corpus.start("score", names=["shape"])
    deadline = time.monotonic() + 60
    while corpus.catalog.jobs.get(job).state in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert corpus.catalog.jobs.get(job).state == "done", corpus.catalog.jobs.log_path(job).read_text()
    assert "chars" in corpus.browse.columns()


def test_gaps_are_named_and_filled_with_the_settings_of_before(corpus: Workspace, tmp_path: Path) -> None:
    assert {"score", "embed", "cluster"} == set(corpus.missing())
    settings: dict[str, Any] = {"language": {"sample_bytes": 300}}
    corpus.score(["shape", "language"], settings=settings)
    assert not {"shape", "language"} & set(corpus.missing()["score"])
    before = corpus.browse.arrow(Filter(), ["language"]).column(0).to_pylist()
    corpus.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "The seventh page, with words of its own."}])])
    assert {"shape", "language"} <= set(corpus.missing()["score"])
    corpus.complete()
    assert corpus.missing() == {}
    assert corpus.browse.arrow(Filter(), ["language"]).column(0).to_pylist()[:6] == before
    recipes = {run.name: run.recipe for run in corpus.catalog.manifest.runs("columns")}
    assert recipes["language"]["sample_bytes"] == 300


def test_documents_that_have_no_tokens_are_not_free(scored: Workspace, tmp_path: Path) -> None:
    scored.ingest([write_lines(tmp_path / "more.jsonl", [{"text": "seventh"}])])
    with pytest.raises(MissingNeed, match="1 documents have none"):
        scored.select("random", name="x", share=0.5)
    scored.select("random", name="x", share=0.5, filter=Filter(where="tokens IS NOT NULL"))


def test_a_document_with_all_that_is_known(scored: Workspace) -> None:
    scored.score(["pii"])
    scored.labels.add(5, "keep", who="ana")
    document = scored.document(5)
    assert document.text == "A vector has a length and a direction."
    assert document.values["chars"] == len(document.text)
    assert document.meta == {"stars": 5}
    assert [label.value for label in document.labels] == ["keep"]
    assert set(document.spans) == {"pii_spans"}
    assert document.spans["pii_spans"] == []


def test_a_preview_keeps_nothing(scored: Workspace) -> None:
    preview = scored.preview(scored.selector("top", {"column": "stars"}), docs=2)
    assert sorted(preview.doc_ids.tolist()) == [3, 5]
    assert preview.summary["documents"] == 2
    assert scored.catalog.selections.all() == []


def test_searches_by_example_stay_in_the_corpus(corpus: Workspace) -> None:
    corpus.embed("hashed")
    found = corpus.browse.page(Filter(like=0), columns=[])
    assert found["doc_id"].tolist()[:2] == [0, 3], "the same text is nearest"
    for wrong in (6, -1, 10**12):
        with pytest.raises(QueryError, match="no document"):
            corpus.browse.count(Filter(like=wrong))
    assert corpus.highlight_terms(Filter(search="river -bread")) == ["river"]


def test_every_job_s_verb_is_a_method() -> None:
    assert all(callable(getattr(Workspace, verb)) for verb in JOBS)
