from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
from hypothesis import given

from text_batches import batch_of, texts
from winnow.score.duplicates import Duplicates, fingerprints, normalised
from winnow.score.words import Texts


def groups_of(documents: list[str]) -> list[int | None]:
    batch = batch_of(documents)
    scorer = Duplicates()
    return scorer.score(batch, scorer.prepare([batch]))["duplicate_group"].to_pylist()


def test_groups_by_hand() -> None:
    # 0, 2 and 5 differ in case, spacing and punctuation only; 1 has a twin at 4; 3 stands alone.
    documents = ["Hello, world!", "Other text", "hello   WORLD", "alone", "other text.", " hello\nworld "]
    assert groups_of(documents) == [0, 1, 0, None, 1, 0]


def test_one_document_of_each_group_is_kept() -> None:
    batch = batch_of(["a b", "a. b", "c", "A B"])
    scorer = Duplicates()
    assert scorer.score(batch, scorer.prepare([batch]))["duplicate_keep"].tolist() == [True, False, True, False]


def test_compatibility_forms_and_zero_width_marks_are_folded() -> None:
    assert groups_of(["“file” one…", '"ﬁle" one', "ＦＩＬＥ o\u200bne"]) == [0, 0, 0]


def test_joined_words_and_accents_are_told_apart() -> None:
    assert groups_of(["now here", "nowhere", "resume", "résumé"]) == [None] * 4


def test_texts_of_marks_alone_are_compared_as_they_stand() -> None:
    assert groups_of(["!!!", "???", "!!!", "", " ", ""]) == [0, None, 0, 3, None, 3]


def test_groups_reach_across_batches_and_doc_ids_in_any_order() -> None:
    scorer = Duplicates()
    late, early = batch_of(["same", "x"], first=7), batch_of(["y", "same"], first=2)
    prepared = scorer.prepare([late, early])
    assert scorer.score(late, prepared)["duplicate_group"].to_pylist() == [3, None]
    assert scorer.score(early, prepared)["duplicate_keep"].tolist() == [True, True]


def test_what_is_learnt_holds_only_documents_with_a_twin() -> None:
    prepared = Duplicates().prepare([batch_of(["a", "b", "c", "b"])])
    assert prepared.members.tolist() == [1, 3]
    assert prepared.groups.tolist() == [1, 1]


def normalise(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).lower()
        kinds = ((char, unicodedata.category(char)) for char in text)
        text = "".join(" " if kind[0] in "PZC" else char for char, kind in kinds if kind != "Cf")
    return re.sub(r"[\s!-/:-@\[-`{-~\x00-\x1f\x7f]+", " ", text.lower()).strip()


ORDINARY = (
    "Résumé — “naïve” 中文，标点。 ＡＢＣ １２３ \u00a0 Straße… don’t\u200b stop\t\n¡Olé! Привет; мир? x² ﬁn 👍🏽"
)


def test_normal_form_of_ordinary_text() -> None:
    found = normalised(Texts.of(pa.array([ORDINARY, "Plain, TEXT.\n"])))
    assert found.strings().to_pylist() == [normalise(ORDINARY), "plain text"]


@given(texts)
def test_equal_texts_hash_alike_whatever_stands_beside_them(documents: list[str]) -> None:
    together = fingerprints(pa.array(documents, pa.large_string())).tolist()
    alone = [fingerprints(pa.array([text], pa.large_string()))[0] for text in documents]
    assert together == alone
    upper = fingerprints(pa.array([f" {text} \n" for text in documents if text.split()], pa.large_string())).tolist()
    marked = [value for value, text in zip(together, documents, strict=True) if text.split()]
    solid = [normalise(text) != "" for text in documents if text.split()]
    assert [a for a, keep in zip(upper, solid, strict=True) if keep] == [
        a for a, keep in zip(marked, solid, strict=True) if keep
    ]
