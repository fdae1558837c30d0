from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from conftest import one_process, write_lines
from made_texts import CODES, RIVER, words_of
from winnow.errors import ConflictError, MissingNeed, SettingError
from winnow.jobs import rounds as module
from winnow.jobs.rounds import rows_of
from winnow.workspace import Workspace

PLAN = {"rounds": 2, "share": 0.3, "probes": 45, "tokens": 10_240}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """120 documents, every third of the target's kind."""
    folder = tmp_path_factory.mktemp("rounds")
    rows = [
        {"text": words_of(RIVER if n % 3 == 0 else CODES, 40, np.random.default_rng(n)), "source": "s"}
        for n in range(120)
    ]
    workspace = one_process(folder / "corpus")
    workspace.ingest([write_lines(folder / "rows.jsonl", rows)])
    workspace.score(["tokens"])
    write_lines(
        folder / "guide.jsonl", [{"text": words_of(RIVER, 40, np.random.default_rng(1000 + n))} for n in range(8)]
    )
    return workspace


def guide(corpus: Workspace) -> str:
    return str(corpus.folder.parent / "guide.jsonl")


def test_rounds_find_the_hidden_kind_and_choose_nothing_twice(
    corpus: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = corpus.rounds("wet", {**PLAN, "target": guide(corpus), "temperature": 0.05})
    assert [one.model for one in made] == ["wet_0", "wet_1"]
    table = corpus.sql("SELECT doc_id, influence_wet_1, influence_wet_2 FROM docs ORDER BY doc_id").to_pandas()
    aimed = np.arange(120) % 3 == 0
    for column in ("influence_wet_1", "influence_wet_2"):
        values = table[column].to_numpy()
        assert (values[aimed][:, None] > values[~aimed][None, :]).mean() > 0.9, column
    parts = [set(corpus.catalog.selections.get(f"wet_{number}").read()[0].tolist()) for number in (1, 2)]
    assert not parts[0] & parts[1]
    whole = corpus.catalog.selections.get("wet").read()[0]
    assert set(whole.tolist()) == parts[0] | parts[1]
    # A third of the tokens is of the kind: 30 % chosen by influence is most of it, by chance it would be a third.
    assert np.mean(whole % 3 == 0) > 0.7
    assert np.isnan(made[0].drift)
    assert made[1].drift > 0.3
    assert len(list(rows_of(made))) == 2
    # The recipe alone makes it again: its parents, and what they left out, are inside.
    path = tmp_path / "wet.yaml"
    path.write_text(corpus.recipe("wet"), encoding="utf-8")
    assert corpus.run_recipe(path, replace=True).read()[0].tolist() == whole.tolist()
    # Asked again, nothing is taught or probed anew; a plan of another kind is refused.
    monkeypatch.setattr(module, "teach", lambda *_, **__: pytest.fail("it was taught again"))
    again = corpus.rounds("wet", {**PLAN, "target": guide(corpus), "temperature": 0.05})
    assert [one.documents for one in again] == [one.documents for one in made]
    with pytest.raises(ConflictError, match="other rounds are called 'wet'"):
        corpus.rounds("wet", {**PLAN, "target": guide(corpus), "temperature": 0.5})


def test_what_is_missing_or_wrong_is_said_before_anything_is_taught(corpus: Workspace, tmp_path: Path) -> None:
    target = guide(corpus)
    with pytest.raises(SettingError, match="mates or group_mates"):
        corpus.rounds("x", {"target": target, "method": "top"})
    with pytest.raises(SettingError, match="1 to 20 rounds"):
        corpus.rounds("x", {"target": target, "rounds": 0})
    with pytest.raises(SettingError, match="small letters"):
        corpus.rounds("No Name", {"target": target})
    with pytest.raises(MissingNeed, match=r"group_mates needs column 'cluster_name'.*winnow cluster"):
        corpus.rounds("x", {"target": target, "method": "group_mates"})
    held = write_lines(tmp_path / "gsm8k_test.jsonl", [{"text": "held out"}])
    with pytest.raises(SettingError, match="no test or validation split"):
        corpus.rounds("x", {"target": str(held)})
    assert not (corpus.folder / "models" / "x_0").exists()


def test_a_name_in_use_is_not_overwritten(corpus: Workspace) -> None:
    corpus.teach("mine_0", {"tokens": 5_120})
    with pytest.raises(ConflictError, match="a model is called 'mine_0'"):
        corpus.rounds("mine", {**PLAN, "target": guide(corpus)})
