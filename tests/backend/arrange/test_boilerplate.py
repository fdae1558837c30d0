from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.arrange.base import Tools
from winnow.arrange.boilerplate import DropBoilerplate, without

SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string())]))


def batch(*documents: tuple[str, list[tuple[int, int]]]) -> pa.RecordBatch:
    spans = [[{"start": a, "end": b, "kind": "line in 9 documents"} for a, b in found] for _, found in documents]
    return pa.record_batch(
        {
            "doc_id": pa.array(range(len(documents)), pa.int64()),
            "text": pa.array([text for text, _ in documents], pa.large_string()),
            "generated": pa.array([False] * len(documents)),
            "boilerplate_spans": pa.array(spans, SPANS),
        }
    )


def left(method: DropBoilerplate, given: pa.RecordBatch) -> dict[int, tuple[str, int]]:
    found = method.transform(given, Tools(), None).to_pylist()
    return {row["doc_id"]: (row["text"], row["boilerplate_chars"]) for row in found}


def test_lines_go_with_their_breaks() -> None:
    given = batch(
        ("Menu here\nA story.\nThe end", [(0, 9)]), ("no mark", []), ("A story.\n  Log in now \n", [(11, 21)])
    )
    assert left(DropBoilerplate(), given) == {0: ("A story.\nThe end", 10), 1: ("no mark", 0), 2: ("A story.\n", 14)}


def test_what_is_little_else_goes_whole() -> None:
    given = batch(("Menu here\nA story", [(0, 9)]), ("Menu here", [(0, 9)]))
    assert left(DropBoilerplate(), given) == {0: ("A story", 10)}
    assert left(DropBoilerplate(drop_above=0.5), given) == {}


def test_paragraphs_go_as_one() -> None:
    text = "Intro\n\nFirst line\nok\n\nmore"
    assert without(text, [(7, 20)]) == "Intro\n\n\nmore"


@pytest.mark.parametrize("documents", [(), (("", []),)])
def test_nothing_to_do(documents: tuple[tuple[str, list[tuple[int, int]]], ...]) -> None:
    assert len(left(DropBoilerplate(), batch(*documents))) == len(documents)


@given(st.lists(st.tuples(st.text("ab ", max_size=6), st.booleans()), max_size=6))
def test_the_lines_that_are_left_are_those_without_a_mark(lines: list[tuple[str, bool]]) -> None:
    text, spans, place = "\n".join(line for line, _ in lines), [], 0
    for line, marked in lines:
        body = line.strip()
        if marked and body:
            start = place + line.index(body)
            spans.append((start, start + len(body)))
        place += len(line) + 1
    stay = [line for line, marked in lines if not (marked and line.strip())]
    assert [line for line in without(text, spans).split("\n") if line.strip()] == [
        line for line in stay if line.strip()
    ]
