from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from conftest import one_process, write_lines
from made_texts import MILL, RAILWAY, invented
from winnow.errors import ConflictError, InputError, MissingNeed, SettingError
from winnow.export.manifest import verify
from winnow.jobs.proof_plan import Asked, clipped
from winnow.lm.tokenizer import Bytes, fingerprint
from winnow.prove.results import Plan, read_curve, read_result
from winnow.prove.runs import Run, do_run, shown_by
from winnow.prove.tiers import TIERS
from winnow.prove.train import Point
from winnow.workspace import Workspace

SUMMARY = {
    "pool": {"documents": 160, "tokens": 1, "fingerprint": ""},
    "asked": {"docs": 60},
    "documents": 60,
    "tokens": 1,
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """160 documents of two sources; documents 0 … 79 are about the river."""
    folder = tmp_path_factory.mktemp("proofs")
    rows = [{"text": invented(MILL, n), "source": "river"} for n in range(80)]
    rows += [{"text": invented(RAILWAY, n), "source": "train"} for n in range(80)]
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    workspace.score(["tokens", "duplicates"])
    ids = np.arange(80)
    workspace.catalog.selections.save("river", ids, np.ones(80), recipe={"target": None}, summary={})
    write_lines(folder / "held.jsonl", [{"text": invented(MILL, 1000 + n)} for n in range(12)])
    return workspace


def asked(corpus: Workspace, **told: object) -> Asked:
    held = corpus.folder.parent / "held.jsonl"
    return Asked(**{"selections": ("river",), "target": str(held), "seeds": 2, "tokens": 5_120, "general": 8, **told})


def test_a_proof_runs_every_arm_and_says_what_it_found(corpus: Workspace) -> None:
    made = corpus.prove("first", asked(corpus, repeated=True).recipe)
    assert made.complete
    assert set(made.plan.arms) == {"river", "random", "balanced_random", "rs2"}
    assert {line.arm for line in made.lines["target"]} == set(made.plan.arms)
    river = next(line for line in made.lines["target"] if line.arm == "river")
    assert river.difference is not None
    assert river.difference.mean < 0
    assert made.plan.arms["river"]["mix"] == {"river": 1.0}
    assert corpus.catalog.jobs.all(1)[0].state == "done"
    assert corpus.proofs.names() == ["first"]


def test_a_report_is_made_anew_when_a_file_of_the_proof_changes(corpus: Workspace) -> None:
    made = corpus.prove("held", asked(corpus).recipe)
    held = corpus.proofs.report("held")
    assert held.minutes == made.minutes
    assert corpus.proofs.report("held") is held
    path = corpus.proofs.folder("held") / "runs/river/seed-0/result.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "seconds": told["seconds"] + 60}))
    assert corpus.proofs.report("held").minutes == pytest.approx(held.minutes + 1)


def test_methods_inside_the_training_are_arms_with_what_they_read(corpus: Workspace, tmp_path: Path) -> None:
    guide = write_lines(tmp_path / "guide.jsonl", [{"text": invented(MILL, 2000 + n)} for n in range(12)])
    corpus.teach("conditional", {"on": str(guide), "tokens": 5_120})
    recipes = ({"method": "loss_reweight"}, {"method": "dga", "every": 2, "ema": 0.5}, {"method": "jest"})
    made = corpus.prove("online", asked(corpus, selections=(), online=recipes, guide=str(guide)).recipe)
    assert list(made.plan.arms) == ["random", "loss_reweight", "dga", "jest"]
    assert made.plan.arms["random"]["documents"] == made.plan.arms["dga"]["documents"] > 100
    assert made.plan.arms["dga"]["recipe"]["every"] == 2
    for arm in ("loss_reweight", "dga", "jest"):
        steered = {one.group: one for one in made.steered[arm]}
        assert set(steered) == {"river", "train"}
        assert sum(one.read for one in steered.values()) == pytest.approx(1.0)
        assert steered["river"].seeds == 2
    assert made.steered["dga"][0].group == "river"
    assert made.steered["dga"][0].read > made.steered["dga"][0].offered
    again = Plan.read(corpus.proofs.folder("online"))
    assert again.arms["dga"]["by"] == "source"


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        ({"method": "dga"}, "aims at texts of its own.*--guide FILE"),
        ({"method": "jest", "reference": "nobody"}, "winnow teach nobody"),
        ({"method": "dga", "by": "sauce"}, "did you mean 'source'"),
    ],
)
def test_what_a_method_lacks_is_said_with_the_way_to_it(corpus: Workspace, recipe: dict, says: str) -> None:
    with pytest.raises(MissingNeed, match=says):
        corpus.proofs.lay_out(asked(corpus, online=(recipe,)), "lacking")


def test_a_guide_may_not_be_what_is_read_in_the_end(corpus: Workspace) -> None:
    held = str(corpus.folder.parent / "held.jsonl")
    with pytest.raises(InputError, match="12 that guided one"):
        corpus.proofs.lay_out(asked(corpus, online=({"method": "dga"},), guide=held), "unfair-guide")


def test_byte_pairs_are_learnt_from_the_pool_and_told_in_bits_per_byte(corpus: Workspace) -> None:
    made = corpus.prove("pairs", asked(corpus, tokenizer="bpe").recipe)
    assert made.plan.tier["vocabulary"] == 2048
    assert made.plan.tokenizer != fingerprint(Bytes())
    # A text of 60 words is read in far fewer tokens than bytes, and its loss is still divided by its bytes.
    line = made.lines["target"][0]
    assert line.bits < 8


@pytest.fixture(scope="module")
def two(corpus: Workspace) -> tuple[str, str]:
    for name, first in (("early", 0), ("late", 100)):
        ids = np.arange(first, first + 50)
        corpus.catalog.selections.save(name, ids, np.ones(50), recipe={"target": None}, summary=SUMMARY)
    return ("early", "late")


def test_experiments_of_one_run_are_checked_for_interaction(corpus: Workspace, two: tuple[str, str]) -> None:
    made = corpus.prove("several", asked(corpus, selections=two, together=0.25).recipe)
    assert set(made.plan.arms) == {"early", "late", "together", "random", "balanced_random"}
    assert made.plan.arms["together"]["slots"] == list(two)
    told = made.interplay["target"]
    lines = {line.arm: line for line in made.lines["target"]}
    assert [one.name for one in told.alone] == list(two)
    assert told.alone[0].mean == pytest.approx(lines["early"].difference.mean)
    assert told.together.mean == pytest.approx(lines["together"].difference.mean)
    assert told.interaction.mean == pytest.approx(told.together.mean - sum(one.mean for one in told.alone))


def test_unions_are_estimated_and_compared_with_real_runs(corpus: Workspace, two: tuple[str, str]) -> None:
    made = corpus.prove("unions", asked(corpus, selections=(*two, "river"), merge="selections").recipe)
    told = made.merge["target"]
    assert {one.name for one in told.unions if one.shards == 1} == {"early", "late", "river"}
    assert told.compared == 4
    assert "early + late + river" in {one.name for one in told.unions if one.real}
    assert told.spearman.seeds == 2
    # Documents 0 … 49 and 0 … 79 are about the river as the target is, 100 … 149 about trains.
    by_name = {one.name: one.estimated.mean for one in told.unions}
    assert by_name["early + river"] < by_name["late"]


def test_groups_of_a_column_are_shards_without_any_selection(corpus: Workspace) -> None:
    corpus.proofs.lay_out(asked(corpus, selections=(), merge="source"), "groups")
    plan = corpus.proofs.plan("groups")
    assert set(plan.merge["shards"]) == {"river", "train"}
    assert plan.merge["real"] == [["river", "train"]]


def test_a_proof_goes_with_the_files_of_the_selection_it_is_of(corpus: Workspace, tmp_path: Path) -> None:
    ids = np.arange(60)
    corpus.catalog.selections.save("banks", ids, np.ones(60), recipe={"target": None}, summary=SUMMARY)
    corpus.prove("banks", asked(corpus, selections=("banks",)).recipe)
    out = corpus.export("banks", tmp_path / "out")
    told = json.loads((out / "proof.json").read_text("utf-8"))
    assert told["plan"]["name"] == "banks"
    assert "banks is" in (out / "proof.html").read_text("utf-8")
    better = told["texts"]["target"]["banks"]["better"]
    assert better[0]["difference"] <= better[-1]["difference"] < 0
    assert verify(out) == []
    # Another selection of the name has not been proved.
    corpus.catalog.selections.save(
        "banks", ids[:50], np.ones(50), recipe={"target": None}, summary=SUMMARY, replace=True
    )
    again = corpus.export("banks", tmp_path / "again")
    assert not (again / "proof.json").exists()


def test_held_out_documents_are_shown_by_no_arm(corpus: Workspace) -> None:
    root = corpus.proofs.lay_out(asked(corpus), "held")
    plan = corpus.proofs.plan("held")
    assert plan.guards["documents held out"] == 8
    texts = corpus.catalog.texts
    held = set(texts.texts(np.arange(160))) & set(_texts_of(root, "general"))
    assert len(held) == 8
    for arm, seed in plan.runs():
        tokens = shown_by(Run(root, arm, seed), lambda ids: texts.fetch(ids).column("text")).tokens
        shown = bytes(np.where(tokens < 256, tokens, 10).astype(np.uint8)).decode().split("\n")
        assert not held & set(shown)


def _texts_of(root: Path, name: str) -> list[str]:
    from winnow.prove.runs import read_texts

    return read_texts(root, name).to_pylist()


def test_the_same_proof_goes_on_and_another_of_its_name_is_refused(corpus: Workspace) -> None:
    corpus.prove("again", asked(corpus).recipe)
    root = corpus.proofs.folder("again")
    before = (root / "runs" / "river" / "seed-0" / "result.json").stat().st_mtime_ns
    corpus.prove("again", asked(corpus).recipe)
    assert (root / "runs" / "river" / "seed-0" / "result.json").stat().st_mtime_ns == before
    with pytest.raises(ConflictError, match="it compares other things"):
        corpus.proofs.lay_out(asked(corpus, seeds=3), "again")
    corpus.proofs.lay_out(asked(corpus, seeds=3), "again", replace=True)
    assert corpus.proofs.plan("again").seeds == (0, 1, 2)


def test_a_run_that_was_cut_off_shows_its_whole_curve(corpus: Workspace) -> None:
    """Cut off at the second point, before it is kept: the run goes on from the first, and tells the second again."""
    root, texts = corpus.proofs.lay_out(asked(corpus), "cut"), corpus.catalog.texts
    run, told, lengths = Run(root, "river", 0), [], []

    def cut_off(point: Point) -> None:
        told.append(point)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do_run(run, lambda ids: texts.fetch(ids).column("text"), cut_off)
    assert read_curve(root, "river", 0) == told
    do_run(
        run,
        lambda ids: texts.fetch(ids).column("text"),
        lambda point: lengths.append(len(read_curve(root, "river", 0))),
    )
    points = read_curve(root, "river", 0)
    assert points[:2] == told
    assert len(points) > 2
    assert lengths == list(range(2, len(points) + 1))


def test_two_proofs_of_one_plan_give_the_same_numbers(corpus: Workspace) -> None:
    for name in ("one", "two"):
        corpus.prove(name, asked(corpus).recipe)
    roots = [corpus.proofs.folder(name) for name in ("one", "two")]
    first, second = (read_result(root, "random", 1) for root in roots)
    assert first is not None
    assert second is not None
    assert first.digest == second.digest
    assert np.array_equal(first.losses["target"], second.losses["target"])


def test_texts_that_guided_a_selection_prove_nothing(corpus: Workspace) -> None:
    held = corpus.folder.parent / "held.jsonl"
    corpus.catalog.selections.save(
        "matched", np.arange(40), np.ones(40), recipe={"target": str(held)}, summary={}, replace=True
    )
    with pytest.raises(InputError, match="12 that guided one or hardly differ"):
        corpus.proofs.lay_out(asked(corpus, selections=("matched",)), "unfair")
    assert "unfair" not in corpus.proofs.names()


def test_documents_that_hold_a_target_text_are_shown_by_no_arm(corpus: Workspace) -> None:
    leak = corpus.folder.parent / "leak.jsonl"
    rows = [json.dumps({"text": invented(RAILWAY, n)}) for n in range(12)]
    leak.write_text("\n".join(rows), encoding="utf-8")
    corpus.proofs.lay_out(asked(corpus, target=str(leak)), "leaking")
    guards = corpus.proofs.plan("leaking").guards
    # Those held out already are not counted again.
    assert 8 <= guards["documents that hold a target text"] <= 12
    # The selection is of rivers alone: it keeps none of the leaks.
    assert guards["leakage amplified"]["river"]["kept"] == 0
    # Controls take leaks by chance: an even draw of both sources holds half of it of trains, as the pool does.
    assert set(guards["leakage amplified"]) == {"river", "random", "balanced_random"}
    for name in ("random", "balanced_random"):
        found = guards["leakage amplified"][name]
        assert found["leaking"] == 2 * 12
        assert found["low"] < 1 < found["high"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"seeds": 1}, "two seeds or more"),
        ({"tokens": 5}, "reads 5,120 tokens at least"),
        ({"tier": "huge"}, "no tier is called"),
        ({"selections": ()}, "none was named"),
        ({"selections": ("rivr",)}, "did you mean 'river'"),
        ({"rate": 7.0}, "between 0 and 1"),
        ({"tokenizer": "words"}, "bytes or byte pairs"),
        ({"online": ({"method": "dgaa"},)}, "did you mean 'dga'"),
        ({"together": 0.1}, "two or more"),
        ({"selections": ("river", "banks"), "together": 0.6}, "at most the whole"),
        ({"crossed": ("river", "x", "y")}, "three selections of the proof"),
        ({"merge": "selections"}, "2 to 6 shards"),
    ],
)
def test_what_cannot_be_proved_is_said_before_anything_runs(corpus: Workspace, told: dict, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        corpus.proofs.lay_out(asked(corpus, **told), "wrong")
    assert "wrong" not in corpus.proofs.names()


def test_a_prediction_counts_every_run(corpus: Workspace) -> None:
    one, two = corpus.proofs.predict(asked(corpus), 1), corpus.proofs.predict(asked(corpus), 2)
    assert one.minutes > 0
    assert two.bytes > 2 * one.worker
    assert "nats per byte can be told from none (2 seeds" in corpus.proofs.detectable(asked(corpus))


def test_texts_are_clipped_to_the_size_of_the_tier() -> None:
    # 120,000 bytes in the ci tier, at most a thirtieth (4,000) of one text: thirty of these.
    found = clipped([f"{n} " + "x" * 9000 for n in range(100)], TIERS["ci"])
    assert len(found) == 30
    assert {len(text) for text in found} == {4000}
    assert clipped(["a", "b"], TIERS["ci"]) in (["a", "b"], ["b", "a"])


def test_a_plan_is_whole_or_absent(corpus: Workspace) -> None:
    root = corpus.proofs.lay_out(asked(corpus), "whole")
    assert Plan.read(root).control == "random"
    assert not list((corpus.folder / "tmp").glob("proof-*"))
