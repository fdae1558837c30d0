"""Targets: texts from files and selections; test splits of benchmarks are refused, or told of for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import write_lines
from winnow.errors import ConflictError, InputError, SettingError
from winnow.export.manifest import read_manifest
from winnow.jobs.target import read_target
from winnow.workspace import Workspace

ITEMS = [{"text": "How far does the train go in two hours?"}, {"text": "How many loaves are left?"}]
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("name", "rows", "evidence"),
    [
        ("gsm8k_test.jsonl", ITEMS, "gsm8k_test.jsonl is the test split of gsm8k"),
        ("validation/part-0.jsonl", ITEMS, "the validation split"),
        ("lambada_openai.jsonl", ITEMS, "the test split of lambada"),
        ("items.jsonl", [{**row, "split": "test"} for row in ITEMS], "its column 'split'"),
        ("items.jsonl", [{**row, "choices": ["a", "b"], "gold": 1} for row in ITEMS], "multiple choice"),
    ],
)
def test_a_test_split_is_refused(scored: Workspace, tmp_path: Path, name: str, rows: list[dict], evidence: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    write_lines(path, rows)
    with pytest.raises(SettingError, match=f"{evidence}.*--force-target"):
        read_target(scored.catalog, str(path), NONE)
    forced = read_target(scored.catalog, str(path), NONE, force=True)
    assert forced.target.texts == tuple(row["text"] for row in rows)
    assert any(evidence in told for told in forced.held_out)


def test_a_train_split_is_a_target(scored: Workspace, tmp_path: Path) -> None:
    for name in ("gsm8k_train.jsonl", "pages.jsonl", "contest.jsonl"):
        assert read_target(scored.catalog, str(write_lines(tmp_path / name, ITEMS)), NONE).held_out == ()
    rows = [{**row, "split": "train"} for row in ITEMS]
    assert read_target(scored.catalog, str(write_lines(tmp_path / "test.jsonl", rows)), NONE).held_out == ()


def test_a_selection_that_holds_a_test_split_is_refused(corpus: Workspace, tmp_path: Path) -> None:
    corpus.ingest([write_lines(tmp_path / "gsm8k_test.jsonl", ITEMS)], columns={"source": "=gsm8k_test"})
    corpus.score(["tokens"])
    corpus.select("random", share=1, name="all")
    with pytest.raises(SettingError, match="all is partly the test split of gsm8k"):
        read_target(corpus.catalog, "all", NONE)
    corpus.select("rules", share=1, name="rest", settings={"keep": "source=wiki|forum"})
    assert read_target(corpus.catalog, "rest", NONE).held_out == ()


def test_a_forced_target_is_marked_and_a_changed_one_is_told(scored: Workspace, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "gsm8k_test.jsonl", ITEMS)
    choice = {"docs": 2, "target": str(path), "settings": {"min_words": 0}}
    with pytest.raises(SettingError, match="test split"):
        scored.select("dsir", name="no", **choice)
    made = scored.select("dsir", name="forced", force_target=True, **choice)
    assert made.recipe["force_target"] is True
    assert made.recipe["held_out_target"] == ["gsm8k_test.jsonl is the test split of gsm8k (its name)"]
    written = read_manifest(scored.export("forced", tmp_path / "out"))
    assert written["held_out_targets"] == made.recipe["held_out_target"]
    assert "Held-out target" in (tmp_path / "out" / "README.md").read_text()
    step = {key: made.recipe[key] for key in ("method", "budget", "seed", "target", "force_target", "target_sha256")}
    again = scored.select("random", share=1, name="again", before=[step])
    assert sorted(again.read()[0]) == sorted(made.read()[0])
    assert again.recipe["before"][0]["held_out_target"] == made.recipe["held_out_target"]
    write_lines(path, ITEMS[:1])
    with pytest.raises(ConflictError, match="was changed since"):
        scored.select("random", share=1, name="changed", before=[step])


def test_a_benchmark_s_questions_are_its_texts(scored: Workspace, tmp_path: Path) -> None:
    rows = [{"question": "How far does it go?", "answer": "4"}]
    train = write_lines(tmp_path / "gsm8k_train.jsonl", rows)
    assert read_target(scored.catalog, str(train), NONE).target.texts == ("How far does it go?",)
    with pytest.raises(SettingError, match="test split of gsm8k"):
        read_target(scored.catalog, str(write_lines(tmp_path / "gsm8k_test.jsonl", rows)), NONE)
    with pytest.raises(InputError, match="rename the column"):
        read_target(scored.catalog, str(write_lines(tmp_path / "odd.jsonl", [{"a": 1, "b": 2}])), NONE)
