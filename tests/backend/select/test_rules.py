"""Rules: what passes, what each rule drops, and that no rule fails silently."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import MissingNeed, SettingError
from winnow.method import methods
from winnow.pool import Budget, Groups, Pool
from winnow.score.base import Scorer
from winnow.select.rules import PRESETS, RuleCount, Rules

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


def test_presets_use_the_pass_columns_and_missing_does_not_pass() -> None:
    assert kept(preset="gopher") == [0, 2, 3, 4]
    assert kept(preset="gopher", keep="language=en") == [0, 2, 4]
    with pytest.raises(MissingNeed, match="rules needs column 'c4_pass'"):
        kept(preset="c4")


def test_a_preset_of_several_rules_counts_each() -> None:
    columns = {**POOL.columns, "refinedweb_pass": np.array([1.0, 0.0, 0.0, 1.0, np.nan, 1.0])}
    pool = Pool(POOL.doc_ids, POOL.tokens, columns)
    rules = Rules(preset="refinedweb")
    assert rules.select(pool, Budget(docs=6)).rows.tolist() in ([0, 3], [3, 0])
    assert rules.count_by_rule(pool) == [
        RuleCount("gopher_pass=true", alone=2, in_sequence=2),  # 1 and the missing 5
        RuleCount("refinedweb_pass=true", alone=3, in_sequence=2),  # 1 is gone already; 2 and the missing 4
    ]
    with pytest.raises(MissingNeed, match="rules needs column 'refinedweb_pass'"):
        kept(preset="refinedweb")


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
    counts = Rules(preset="gopher", keep="quality>=0.4, words>=50").count_by_rule(POOL)
    assert counts == [
        RuleCount("gopher_pass=true", alone=2, in_sequence=2),  # 1 and the missing 5
        RuleCount("quality>=0.4", alone=2, in_sequence=2),  # 0 and 4
        RuleCount("words>=50", alone=2, in_sequence=0),  # 0 and 5 are gone already
    ]
    assert sum(count.in_sequence for count in counts) == len(POOL) - len(
        kept(preset="gopher", keep="quality>=0.4, words>=50")
    )


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
