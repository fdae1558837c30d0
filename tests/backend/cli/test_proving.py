from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from winnow.cli.main import load_commands, winnow
from winnow.cli.proving import read_online
from winnow.errors import SettingError
from winnow.jobs.prove import Proofs
from winnow.prove.predict import Prediction
from winnow.workspace import Workspace


def test_settings_belong_to_the_method_that_is_named_or_counted() -> None:
    recipes = read_online(("dga", "jest", "dga"), {"dga.eta": "2", "3.ema": "0.5", "jest.filter": "0.5"})
    assert [recipe["method"] for recipe in recipes] == ["dga", "jest", "dga"]
    assert [recipes[place]["eta"] for place in (0, 2)] == [2.0, 2.0]
    assert (recipes[0]["ema"], recipes[2]["ema"]) == (0.1, 0.5)
    assert recipes[1]["filter"] == 0.5


@pytest.mark.parametrize(
    ("names", "settings", "says"),
    [
        (("dgaa",), {}, "did you mean 'dga'"),
        (("dga",), {"dgs.eta": "1"}, "no method here is called 'dgs'"),
        ((), {"dga.eta": "1"}, "--online METHOD"),
        (("dga",), {"eta": "1"}, "METHOD.KEY=VALUE"),
        (("dga",), {"dga.etaa": "1"}, "has no setting 'etaa'"),
    ],
)
def test_what_belongs_to_nothing_is_refused(names: tuple[str, ...], settings: dict[str, str], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read_online(names, settings)


def test_a_dry_run_hears_every_flag_and_lays_nothing_out(corpus: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []

    def predicted(self: Proofs, asked: Any, workers: int) -> Prediction:
        heard.append(asked)
        return Prediction(2.5, 7e8, 1.0)

    monkeypatch.setattr(Proofs, "predict", predicted)
    load_commands()
    flags = (
        "prove a b ab --target held.jsonl --cross a,b,ab --merge source --online dga --guide g.jsonl --tokenizer bpe"
    )
    told = CliRunner().invoke(winnow, ["-w", str(corpus.folder), *flags.split(), "--set", "dga.eta=3", "--dry-run"])
    assert told.exit_code == 0, told.output
    assert "about 2.5 minutes and 0.7 GB" in told.output
    (asked,) = heard
    assert asked.crossed == ("a", "b", "ab")
    assert (asked.merge, asked.guide, asked.tokenizer) == ("source", "g.jsonl", "bpe")
    assert asked.online[0]["eta"] == 3.0
    assert type(asked).from_recipe(asked.recipe) == asked
    assert corpus.proofs.names() == []
