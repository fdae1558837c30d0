"""Label files: what is written is read again, and a bad line is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.errors import InputError
from winnow.label.exchange import LabelRow, read_labels, write_labels

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
rows = st.lists(
    st.fixed_dictionaries(
        {"doc_id": st.integers(0, 2**53), "value": words},
        optional={"id": words, "who": words, "at": words, "uuid": words, "seconds": st.floats(0, 1e6)},
    ),
    max_size=5,
)


@given(rows)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    assert write_labels(path, rows) == len(rows)
    expected = [
        LabelRow(line, *(row.get(name) for name in ("doc_id", "id", "value", "who", "at", "uuid", "seconds")))
        for line, row in enumerate(rows, start=1)
    ]
    assert list(read_labels(path)) == expected


@pytest.mark.parametrize(
    "line",
    ["{no", "[1]", "7", '{"value": "keep"}', '{"doc_id": 1}', '{"doc_id": "1", "value": "keep"}', '{"doc_id": true, "value": "x"}',
     '{"doc_id": 1, "value": "keep", "seconds": "long"}', "\udcff"],
)  # fmt: skip
def test_a_line_that_is_no_label_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b'{"doc_id": 0, "value": "keep"}\n\n' + line.encode(errors="surrogateescape") + b"\n")
    with pytest.raises(InputError, match=r"labels\.jsonl:3 is no label"):
        list(read_labels(path))


def test_the_name_label_is_understood_too(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id": 7, "label": "keep"}\n')
    assert [(row.doc_id, row.id, row.value) for row in read_labels(path)] == [(None, "7", "keep")]
