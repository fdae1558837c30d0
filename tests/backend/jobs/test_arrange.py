"""export with arrangements: transforms, an order and windows, in files that are the same each time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from winnow.errors import MissingNeed, SettingError
from winnow.export.manifest import verify
from winnow.export.parquet import Parquet
from winnow.jobs.arrange_plan import Arrangements
from winnow.jobs.export import Writing, export
from winnow.jobs.progress import Silent
from winnow.judge.base import Answer, Judge
from winnow.workspace import Workspace

SUMMARY = {
    "asked": {"docs": 4},
    "documents": 4,
    "tokens": 30,
    "pool": {"documents": 6, "tokens": 40, "fingerprint": "0"},
}


@pytest.fixture
def chosen(scored: Workspace) -> Workspace:
    """Documents 0, 2, 3 and 5 once as "once"; 0 twice and 5 three times as "often"."""
    save = scored.catalog.selections.save
    save("once", np.array([5, 0, 3, 2]), np.ones(4), recipe={"seed": 1}, summary=SUMMARY)
    save("often", np.array([0, 5]), np.array([2.0, 3.0]), recipe={"seed": 1}, summary=SUMMARY)
    return scored


def rows(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "part-00000.parquet").to_pylist()
    return found


def arranged(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text())["arranged"]["steps"]
    return found


def test_documents_come_by_a_column_with_their_text(chosen: Workspace, tmp_path: Path) -> None:
    """Stars are 1, 3, 4 and 5: falling, exactly."""
    recipe = {"method": "curriculum", "column": "stars", "falling": True, "bins": 0}
    found = rows(chosen.export("once", tmp_path / "out", arrange=[recipe]))
    assert [(row["doc_id"], row["text"][:3]) for row in found] == [(5, "A v"), (3, "The"), (2, "The"), (0, "The")]


def test_a_weight_becomes_copies_and_the_weight_goes(chosen: Workspace, tmp_path: Path) -> None:
    found = rows(chosen.export("often", tmp_path / "out", arrange=[{"method": "shuffle"}]))
    assert sorted((row["doc_id"], row["copy"]) for row in found) == [(0, 0), (0, 1), (5, 0), (5, 1), (5, 2)]
    assert "weight" not in found[0]


def test_a_weight_stays_where_nothing_is_put_in_order(chosen: Workspace, tmp_path: Path) -> None:
    prefix = {"method": "metadata_prefix", "column": "source", "label": "Source", "plain": 0}
    found = rows(chosen.export("often", tmp_path / "out", arrange=[prefix]))
    assert [(row["doc_id"], row["weight"]) for row in found] == [(0, 2.0), (5, 3.0)]
    assert found[0]["text"] == "Source: wiki\n\nThe river runs past the mill."
    assert found[1]["text"] == "Source: unknown\n\nA vector has a length and a direction."
    assert [row["loss_mask_chars"] for row in found] == [14, 17]


EVERYTHING = [
    {"method": "refine"},
    {"method": "metadata_prefix", "column": "source", "plain": 0.3},
    {"method": "shuffle"},
    {"method": "pack", "tokens": 8, "by": "concat"},
]


def test_the_same_arrangement_gives_the_same_bytes_and_can_be_verified(chosen: Workspace, tmp_path: Path) -> None:
    first = chosen.export("often", tmp_path / "a", arrange=EVERYTHING)
    second = chosen.export("often", tmp_path / "b", arrange=EVERYTHING)
    assert sorted(path.name for path in first.iterdir()) == sorted(path.name for path in second.iterdir())
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name
    assert verify(first) == []
    assert "How it was arranged" in (first / "README.md").read_text()


def test_windows_hold_every_token_once_and_plain_documents_last(chosen: Workspace, tmp_path: Path) -> None:
    found = rows(chosen.export("often", tmp_path / "out", arrange=EVERYTHING))
    assert [row["window"] for row in found] == list(range(len(found)))
    assert all(row["tokens"] <= 8 for row in found)
    assert [row["phase"] for row in found] == sorted(row["phase"] for row in found)
    text = "".join(row["text"].replace("<|endoftext|>", "") for row in found)
    assert text.count("The river runs past the mill.") == 2
    assert text.count("A vector has a length and a direction.") == 3
    for row in found:
        for start, mask in zip(row["starts"], row["loss_mask_chars"], strict=True):
            masked = row["text"][start : start + mask]
            assert "river" not in masked, "the text itself bears loss"
            assert "vector" not in masked


def test_pieces_of_a_document_join_to_its_text(chosen: Workspace, tmp_path: Path) -> None:
    """In windows of 3 tokens without a gap, the pieces are cut where tokens begin."""
    pack = {"method": "pack", "tokens": 3, "by": "concat", "between": 0, "write": "pieces"}
    found = rows(chosen.export("often", tmp_path / "out", arrange=[pack], columns=["tokens"]))
    copies: dict[tuple[int, int], str] = {}
    for row in found:
        key = row["doc_id"], row["copy"]
        copies[key] = copies.get(key, "") + row["text"]
        assert row["ends"] == copies[key].endswith(".")
    assert set(copies.values()) == {"The river runs past the mill.", "A vector has a length and a direction."}
    assert len(copies) == 5
    assert all(0 < row["tokens"] <= 3 for row in found)


def test_the_manifest_counts_what_was_done(chosen: Workspace, tmp_path: Path) -> None:
    """Programs for three of four documents: one dropped, one changed, one not valid."""
    programs = tmp_path / "programs.jsonl"
    told = [(0, "drop_doc()"), (2, 'normalize("train", "bus")'), (3, "import os")]
    programs.write_text("".join(json.dumps({"doc_id": key, "program": text}) + "\n" for key, text in told))
    refine = {"method": "refine", "programs": "file", "path": str(programs), "min_words": 2}
    out = chosen.export("once", tmp_path / "out", arrange=[refine], columns=["tokens"])
    found = rows(out)
    assert [(row["doc_id"], row["refine_status"]) for row in found] == [
        (2, "edited"),
        (3, "invalid"),
        (5, "no program"),
    ]
    assert found[0]["text"] == "The bus leaves at nine."
    counts = arranged(out)[0]["counts"]
    assert {name: counts[name] for name in ("documents", "dropped", "changed", "added")} == {
        "documents": 4, "dropped": 1, "changed": 1, "added": 0,
    }  # fmt: skip
    assert counts["tokens_after"] == sum(row["tokens"] for row in found) < counts["tokens_before"]


@dataclass(frozen=True, kw_only=True)
class Echo(Judge):
    """Answers with the last word of the prompt."""

    name: ClassVar[str] = "echo"

    def answers(self, prompts):
        return (Answer("Word: " + prompt.text.split()[-1]) for prompt in prompts)


def test_generated_documents_stand_beside_their_sources(chosen: Workspace, tmp_path: Path) -> None:
    kept = chosen.catalog.selections.get("once")
    recipes = [{"method": "rephrase"}, {"method": "shuffle"}]
    writing = Writing(Parquet(), arrange=recipes, judge=Echo())
    found = rows(export(chosen.catalog, kept, tmp_path / "out", writing, Silent()))
    made = sorted((row["doc_id"], row["generated"], row["style"]) for row in found)
    assert made == [(key, flag, "medium" if flag else None) for key in (0, 2, 3, 5) for flag in (False, True)]
    assert {row["text"] for row in found if row["generated"]} == {"Word: mill.", "Word: nine.", "Word: direction."}


def test_the_cost_is_known_before_anything_is_asked(chosen: Workspace) -> None:
    """Four documents of one part each: four requests; nobody answers."""
    kept = chosen.catalog.selections.get("once")
    looked = Arrangements(chosen.catalog, kept, [{"method": "rephrase"}], Echo())
    ((name, cost),) = looked.cost()
    assert (name, cost.requests, cost.cached, cost.tokens_out) == ("rephrase", 4, 0, 2400)
    with pytest.raises(MissingNeed, match="--judge"):
        Arrangements(chosen.catalog, kept, [{"method": "rephrase"}]).cost()


def test_a_preview_shows_before_and_after(chosen: Workspace) -> None:
    prefix = {"method": "metadata_prefix", "column": "source", "label": "Source", "plain": 0}
    kept = chosen.catalog.selections.get("once")
    shown = Arrangements(chosen.catalog, kept, [prefix, {"method": "shuffle"}]).preview(2)
    assert len(shown) == 2
    for sample in shown:
        assert sample.after[0].startswith("Source: ")
        assert sample.after[0].endswith(sample.before)


def test_a_preview_shows_first_what_changes(chosen: Workspace, tmp_path: Path) -> None:
    """Of four documents the program of one changes it; it is the one shown."""
    programs = tmp_path / "programs.jsonl"
    programs.write_text('{"doc_id": 5, "program": "normalize(\\"A vector\\", \\"It\\")"}')
    refine = {"method": "refine", "programs": "file", "path": str(programs), "min_words": 0}
    kept = chosen.catalog.selections.get("once")
    (sample,) = Arrangements(chosen.catalog, kept, [refine]).preview(1)
    assert (sample.doc_id, sample.after) == (5, ("It has a length and a direction.",))


def test_a_recipe_makes_the_same_files_again(scored: Workspace, tmp_path: Path) -> None:
    scored.select("random", name="half", share=0.7, seed=3)
    steps = [{"method": "metadata_prefix", "column": "source"}, {"method": "shuffle"}, {"method": "pack", "tokens": 16}]
    first = scored.export("half", tmp_path / "a", arrange=steps)
    scored.run_recipe(first / "recipe.yaml", out=tmp_path / "b", replace=True)
    for path in first.iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_spans_are_read_for_tags(chosen: Workspace, tmp_path: Path) -> None:
    with pytest.raises(MissingNeed, match="winnow score pii"):
        chosen.export("once", tmp_path / "a", arrange=[{"method": "control_tokens", "column": "pii_spans"}])
    chosen.score(["pii"])
    recipe = {"method": "control_tokens", "column": "pii_spans", "threshold": 0, "drop": 0}
    found = rows(chosen.export("once", tmp_path / "out", arrange=[recipe]))
    assert {row["text"][:11] for row in found} == {"<|aligned|>"}


def test_phases_take_the_plan_of_the_selection(scored: Workspace, tmp_path: Path) -> None:
    late = {"late": {"wiki": 1.0}, "fraction": 0.5, "by": "source"}
    scored.select("upsample_late", name="late", share=0.6, settings=late)
    found = arranged(scored.export("late", tmp_path / "out", arrange=[{"method": "phases"}]))[0]
    assert found["recipe"]["plan"].splitlines()[1] == "0.5 | wiki:1.0"
    scored.select("random", name="any", share=0.6)
    with pytest.raises(SettingError, match="plan"):
        scored.export("any", tmp_path / "no", arrange=[{"method": "phases"}])


def test_what_cannot_be_written_is_said_before(chosen: Workspace, tmp_path: Path, monkeypatch) -> None:
    known = chosen.catalog.browse.columns()
    monkeypatch.setattr(chosen.catalog.browse, "columns", lambda: {**known, "bin": known["stars"]})
    with pytest.raises(SettingError, match="did you mean 'shuffle'"):
        chosen.export("once", tmp_path / "a", arrange=[{"method": "shufle"}])
    with pytest.raises(SettingError, match="shuffle comes after pack"):
        chosen.export("once", tmp_path / "a", arrange=[{"method": "pack"}, {"method": "shuffle"}])
    with pytest.raises(MissingNeed, match="winnow embed"):
        chosen.export("once", tmp_path / "a", arrange=[{"method": "in_context"}])
    with pytest.raises(MissingNeed, match="--judge"):
        chosen.export("once", tmp_path / "a", arrange=[{"method": "rephrase"}])
    with pytest.raises(SettingError, match=r"pack\.write=pieces"):
        chosen.export("once", tmp_path / "a", arrange=[{"method": "pack"}], columns=["stars"])
    with pytest.raises(SettingError, match="would have the same name"):
        chosen.export("once", tmp_path / "a", arrange=[{"method": "curriculum", "column": "stars"}], columns=["bin"])
    assert not (tmp_path / "a").exists()
