"""Rules: what passes, what each rule drops, and that no rule fails silently."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from text_batches import HARD_TEXTS, batch_of, texts
from winnow.errors import MissingNeed, SettingError
from winnow.method import methods
from winnow.pool import Budget, Groups, Pool
from winnow.score.base import Scorer
from winnow.score.c4 import C4
from winnow.score.fineweb import FineWeb
from winnow.score.gopher import Gopher
from winnow.score.refinedweb import RefinedWeb
from winnow.score.shape import Shape
from winnow.select.presets import PRESETS
from winnow.select.rules import RuleCount, Rules

RULES = (Shape(), Gopher(), C4(), FineWeb(), RefinedWeb())

POOL = Pool(
    np.arange(6),
    np.array([10, 20, 30, 40, 50, 60]),
    {
        "quality": np.array([0.1, 0.4, 0.6, 0.9, np.nan, 0.5]),
        "words": np.array([40.0, 50.0, 100.0, 200.0, 60.0, 10.0]),
        "language": Groups.of(["en", "de", "en", "fr", "en", None]),
        "gopher_pass": np.array([1.0, 0.0, 1.0, 1.0, 1.0, np.nan]),
    },
)


def kept(**settings: object) -> list[int]:
    return sorted(Rules(**settings).select(POOL, Budget(docs=6)).rows.tolist())


def test_without_a_rule_everything_passes() -> None:
    assert kept() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("keep", "rows"),
    [
        ("quality>=0.4", [1, 2, 3, 5]),
        ("quality>0.4", [2, 3, 5]),
        ("quality<=0.4", [0, 1]),
        ("quality < 0.4", [0]),
        ("quality=0.4", [1]),
        ("quality=(none)", [4]),
        ("quality!=(none)", [0, 1, 2, 3, 5]),
        ("words 50..100", [1, 2, 4]),
        ("words=50..100", [1, 2, 4]),
        ("words 60..", [2, 3, 4]),
        ("words ..40", [0, 5]),
        ("language=en", [0, 2, 4]),
        ("language=en|fr", [0, 2, 3, 4]),
        ("language!=en", [1, 3, 5]),
        ("language!=en|(none)", [1, 3]),
        ("language=(none)", [5]),
        ("gopher_pass=true", [0, 2, 3, 4]),
        ("gopher_pass=false", [1]),
        ("quality>=0.4, language=en, words 50..1000", [2]),
        ("quality>=0.4; words>=50\nlanguage=de", [1]),
    ],
)
def test_thresholds(keep: str, rows: list[int]) -> None:
    assert kept(keep=keep) == rows


def test_a_table_of_thresholds_is_the_same_as_its_text() -> None:
    table = {"quality": ">=0.4", "language": ["en", "de"], "words": [None, 100], "gopher_pass": True}
    assert Rules(keep=table) == Rules(keep="quality>=0.4, language=en|de, words ..100, gopher_pass=true")
    assert kept(keep=table) == [2]


def test_a_missing_value_does_not_pass_and_a_missing_column_is_an_error() -> None:
    assert kept(keep="gopher_pass=true") == [0, 2, 3, 4]
    with pytest.raises(MissingNeed, match="rules needs column 'c4_brace'"):
        kept(preset="c4")


def test_each_threshold_of_a_preset_is_a_rule_of_its_own() -> None:
    columns = {
        "chars": np.array([10.0, 190_001, 10, 10, 10, 10]),
        "c4_lorem_ipsum": np.array([0.0, 1, 1, 0, np.nan, 0]),
        "c4_brace": np.array([0.0, 0, 1, 0, np.nan, 0]),
        "c4_sentences": np.array([3.0, 9, 9, 2, np.nan, 5]),
    }
    pool = Pool(POOL.doc_ids, POOL.tokens, columns)
    rules = Rules(preset="c4")
    assert sorted(rules.select(pool, Budget(docs=6)).rows.tolist()) == [0, 5]
    assert rules.count_by_rule(pool) == [
        RuleCount("chars<=190000", alone=1, in_sequence=1, only=0),
        RuleCount("c4_lorem_ipsum=false", alone=3, in_sequence=2, only=0),  # 1 is gone already; 2 and the missing 4
        RuleCount("c4_brace=false", alone=2, in_sequence=0, only=0),  # 2 and 4 are gone already
        RuleCount("c4_sentences>=3", alone=2, in_sequence=1, only=1),  # 3; 4 is gone already
    ]


PAGES = (*HARD_TEXTS, "The cat and the dog that have to be with us all of the time rest here. " * 6, "one two " * 80)


@pytest.mark.parametrize("preset", [name for name in PRESETS if name not in ("redpajama", "dolma")])
@given(documents=texts)
@settings(max_examples=25)
def test_a_preset_keeps_what_the_scorer_calls_a_pass(preset: str, documents: list[str]) -> None:
    batch = batch_of([*PAGES, *documents])
    made = {name: values for kind in RULES for name, values in kind.score(batch, None).items()}
    arrays = {name: pa.array(values).cast(pa.float64()).to_numpy(zero_copy_only=False) for name, values in made.items()}
    pool = Pool(np.arange(len(batch)), np.full(len(batch), 10), arrays)
    passed = arrays[f"{preset}_pass"] == 1
    passed &= (arrays["gopher_pass"] == 1) | (preset != "refinedweb")
    rows = Rules(preset=preset).select(pool, Budget(docs=len(batch))).rows
    assert sorted(rows.tolist()) == np.flatnonzero(passed).tolist()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_reads_columns_that_some_scorer_makes(preset: str) -> None:
    made = {column for scorer in methods(Scorer).values() for column in scorer().columns()}
    assert Rules(preset=preset).needs()
    assert Rules(preset=preset).needs() <= made


def test_the_thresholds_of_a_preset_keep_what_lies_on_them() -> None:
    names = {
        "rps_word_count": [50, 10_000, 49, 10_001, 60],
        "rps_mean_word_length": [3, 10, 5, 5, 5],
        "rps_symbol_to_word_ratio": [0.1, 0, 0, 0, 0.11],
        "rps_frac_lines_start_with_bulletpoint": [0.9, 0, 0, 0, 0],
        "rps_frac_chars_top_2gram": [0.2, 0, 0, 0, 0],
    }
    columns = {name: np.array(values, dtype=float) for name, values in names.items()}
    pool = Pool(np.arange(5), np.full(5, 10), columns)
    assert sorted(Rules(preset="redpajama").select(pool, Budget(docs=5)).rows.tolist()) == [0, 1]


def test_what_passes_is_taken_in_random_order_to_the_budget() -> None:
    n = 400
    pool = Pool(np.arange(n), np.full(n, 10), {"quality": np.arange(n) / n})
    method = Rules(keep="quality>=0.5")
    first, second = (method.select(pool, Budget(tokens=95), seed=seed).rows for seed in (0, 1))
    assert len(first) == 10  # nine documents hold 90 tokens, the tenth reaches 95
    assert (first >= 200).all()
    assert set(first.tolist()) != set(second.tolist())


def test_counts_say_what_each_rule_drops_alone_and_in_sequence() -> None:
    # quality drops 0 and the missing 4; words drops 0 and 5; in sequence 0 is gone already, so words drops 5 only
    rules = Rules(keep="gopher_pass=true, quality>=0.4, words>=50")
    counts = rules.count_by_rule(POOL)
    assert counts == [
        RuleCount("gopher_pass=true", alone=2, in_sequence=2, only=1),  # 1 and the missing 5, which words drops too
        RuleCount("quality>=0.4", alone=2, in_sequence=2, only=1),  # 0 and 4; words drops 0 too
        RuleCount("words>=50", alone=2, in_sequence=0, only=0),  # 0 and 5 are gone already
    ]
    left = rules.select(POOL, Budget(docs=6)).rows
    assert sum(count.in_sequence for count in counts) == len(POOL) - len(left)


def test_an_unknown_column_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(MissingNeed, match=r"rules needs column 'qualty'.*did you mean 'quality'"):
        kept(keep="qualty>=0.4")
    with pytest.raises(MissingNeed, match="did you mean 'quality'"):
        Rules(keep="qualty>=0.4").count_by_rule(POOL)


@pytest.mark.parametrize("keep", ["language=english", "language!=eng"])
def test_a_name_that_no_document_has_is_an_error(keep: str) -> None:
    with pytest.raises(SettingError, match="no document has language 'eng"):
        kept(keep=keep)


def test_a_threshold_on_names_and_a_name_on_numbers_are_errors() -> None:
    with pytest.raises(SettingError, match="column 'language' holds names"):
        kept(keep="language>=3")
    with pytest.raises(SettingError, match="column 'quality' holds numbers"):
        kept(keep="quality=good")


def test_settings_travel_as_text() -> None:
    method = Rules.from_text({"preset": "gopher", "keep": "quality >= 0.40, language == en"})
    assert method.recipe == {"method": "rules", "preset": "gopher", "keep": "quality>=0.4, language=en"}
