from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of
from winnow.score.boilerplate import Boilerplate

NOTICE = "All rights reserved 2019.\nTerms and conditions"


def scored(documents: list[str], **settings: int) -> tuple[dict[str, list[Any]], list[dict[str, Any]]]:
    scorer, batch = Boilerplate(**settings), batch_of(documents, first=10)
    prepared = scorer.prepare([batch.slice(0, 2), batch.slice(2)])
    found = scorer.score(batch, prepared)
    columns = {name: v.to_pylist() if hasattr(v, "to_pylist") else v.tolist() for name, v in found.items()}
    return columns, scorer.tables(prepared)["lines"].to_pylist()


def test_lines_by_hand() -> None:
    # "read more!!" is in three documents (digits, case and marks do not count), "A line of its own" in one.
    documents = ["Read more!!\nA line of its own", "  READ MORE \n\nAnother", "Something else\nread - more", "Alone"]
    columns, table = scored(documents, least_documents=3)
    assert columns["boilerplate"] == pytest.approx([11 / 28, 9 / 16, 11 / 25, 0])
    assert columns["boilerplate_lines"] == [1, 1, 1, 0]
    assert columns["boilerplate_spans"][1] == [{"start": 2, "end": 11, "kind": "line in 3 documents"}]
    assert table == [{"kind": "line", "documents": 3, "chars": 11, "text": "Read more!!", "doc_id": 10}]


def test_a_line_counts_once_a_document_and_copies_of_a_document_count_once() -> None:
    twice = "The same line\nThe same line"
    assert scored([twice, "other words"], least_documents=2)[1] == []
    copy = "The same line\nand a second one"
    assert scored([copy, copy, copy.upper(), "x"], least_documents=2)[1] == []
    columns, table = scored([copy, copy, "the same line", "x"], least_documents=2)
    assert [row["documents"] for row in table] == [2]
    assert columns["boilerplate_lines"] == [1, 1, 1, 0]


def test_paragraphs_take_their_short_lines_along() -> None:
    # The paragraph is in two documents; its second line "ok" is too short to be looked at alone.
    paragraph = "A first line here\nok"
    columns, table = scored([f"Intro\n\n{paragraph}\n\nmore", f"{paragraph}", "ok"], least_documents=2)
    assert columns["boilerplate_paragraphs"] == [1, 1, 0]
    assert columns["boilerplate_lines"] == [1, 1, 0]
    assert columns["boilerplate"] == pytest.approx([19 / 28, 1, 0])
    assert columns["boilerplate_spans"][0] == [{"start": 7, "end": 27, "kind": "paragraph in 2 documents"}]
    assert sorted(row["kind"] for row in table) == ["line", "paragraph"]


def test_digits_are_one_digit_and_years_do_not_hide_a_notice() -> None:
    columns, table = scored([NOTICE, NOTICE.replace("2019", "2020") + "\n", "x y z"], least_documents=2)
    assert columns["boilerplate"] == [1, 1, 0]
    assert {row["documents"] for row in table} == {2}


def test_short_lines_and_lines_of_marks_are_left_out() -> None:
    assert scored(["----------\nHome", "----------\nHome"], least_documents=2)[1] == []
    assert [row["text"] for row in scored(["Home\na", "Home\nb"], least_documents=2, least_chars=4)[1]] == ["Home"]


def test_the_most_repeated_come_first_with_the_text_of_the_first_document() -> None:
    documents = [f"Subscribe to our list\nunique number {'x' * n}" for n in range(6)]
    documents += [f"Zurück zur Übersicht\nand {'y' * n}" for n in range(3)]
    table = scored(documents, least_documents=3)[1]
    assert [(row["text"], row["documents"], row["doc_id"]) for row in table] == [
        ("Subscribe to our list", 6, 10),
        ("Zurück zur Übersicht", 3, 16),
    ]


@given(st.lists(st.lists(st.sampled_from(["alpha", "beta", "gamma é", "", " "]), max_size=5), max_size=6))
def test_counts_are_those_of_a_plain_count(documents: list[list[str]]) -> None:
    texts = ["\n".join(lines) for lines in documents]
    table = scored(texts, least_documents=2, least_chars=1)[1]
    distinct = {tuple("".join(line.split()) for line in text.split("\n") if line.strip()): text for text in texts}
    joined = {"".join(lines) for lines in distinct}
    if len(joined) != len(distinct):
        return  # copies but for line breaks: which of them is counted is another test's matter
    plain = Counter(line for lines in distinct for line in set(lines))
    expected = {line: count for line, count in plain.items() if count >= 2}
    assert {row["text"].replace(" ", ""): row["documents"] for row in table if row["kind"] == "line"} == expected
