from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from text_batches import batch_of, texts
from winnow.score.gopher import LIMITS, Gopher

PROSE = (
    "Bread rises because yeast turns sugar into gas, and the gas is caught in the dough. Warm dough rises fast and "
    "cold dough slowly, so a baker who wants to sleep puts it in the cellar. In the morning the loaf has doubled and "
    "smells of beer. Fold it, let it rest, shape it with wet hands, and bake it hot with steam."
)


def features(*documents: str) -> dict[str, list[Any]]:
    return {name: values.tolist() for name, values in Gopher().score(batch_of(documents), None).items()}


def test_prose_passes_and_each_fault_fails() -> None:
    words = PROSE.split()
    faulty = [
        " ".join(words[:49]),
        PROSE.replace("a", "# "),
        "\n".join(f"- {word}" for word in words),
        " ".join(f"{word} 1 2" for word in words),
        " ".join(word for word in words if word.lower() not in ("the", "to", "of", "and", "with")),
        PROSE.replace(" ", " extraordinarilylong"),
        PROSE + " " + PROSE,
    ]
    assert features(PROSE, *faulty)["gopher_pass"] == [True] + [False] * len(faulty)


def test_ratios_by_hand() -> None:
    # 3 words of 1 + 2 + 3 characters; 1 "#" and 1 ellipsis of each spelling, 3 in all, on 10 words.
    measured = features("a bb ccc", "# ... x… . . . a b c d")
    assert measured["gopher_mean_word_length"][0] == 2.0
    assert measured["gopher_hash_ratio"][1] == pytest.approx(1 / 10)
    assert measured["gopher_ellipsis_ratio"][1] == pytest.approx(3 / 10)
    # "x…", a, b, c, d hold a letter.
    assert measured["gopher_alpha_word_ratio"][1] == pytest.approx(5 / 10)


def test_lines_by_hand() -> None:
    # 5 lines: 4 open with a bullet (blank lines do not count, space before the bullet does not either); 2 trail off.
    measured = features("• one\n  - two...\n\n* three\n● four…\nfive")
    assert measured["gopher_bullet_line_ratio"] == [4 / 5]
    assert measured["gopher_ellipsis_line_ratio"] == [2 / 5]


def test_stop_words_are_counted_once_each_in_any_case() -> None:
    assert features("The the THE cat", "to be or not to be", "nothing here, the.")["gopher_stop_words"] == [1, 2, 0]


def test_letters_of_every_script_count() -> None:
    assert features("слово 日本 كلمة 42 ½")["gopher_alpha_word_ratio"] == [3 / 5]


def test_repeated_lines_and_paragraphs() -> None:
    # Paragraphs "a\nb", "a\nb", "c": 3, 2 distinct. Lines a b a b c: 5, 3 distinct.
    measured = features("a\nb\n\na\nb\n\nc")
    assert measured["gopher_dup_paragraph_ratio"] == [pytest.approx(1 / 3)]
    assert measured["gopher_dup_line_ratio"] == [pytest.approx(2 / 5)]
    # Paragraph characters, newline within included: 3 of 3 + 3 + 1.
    assert measured["gopher_dup_paragraph_chars"] == [pytest.approx(3 / 7)]


def test_four_equal_lines_and_frank() -> None:
    measured = features("I am your father.\n" * 4, "I am Frank, I am Frank, I am Frank")
    assert measured["gopher_dup_line_ratio"] == [0.75, 0.0]
    assert measured["gopher_top_2gram"] == pytest.approx([44 / 56, 9 / 26])
    assert measured["gopher_dup_5gram"] == pytest.approx([1.0, 21 / 26])


def test_texts_without_words_have_null_features_and_fail() -> None:
    measured = features("", " \n")
    assert measured.pop("gopher_pass") == [False, False]
    assert all(values == [None, None] for values in measured.values())


@given(texts)
def test_ratios_stay_in_range(documents: list[str]) -> None:
    measured = Gopher().score(batch_of(documents), None)
    for name in LIMITS:
        values = measured[name].drop_null().to_numpy(zero_copy_only=False)
        assert not np.isnan(values.astype(float)).any()
        assert (values >= 0).all()
        if "gram" in name or "line" in name or "alpha" in name or "paragraph" in name:
            assert (values <= 1 + 1e-12).all()
