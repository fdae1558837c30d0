from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from text_batches import batch_of, texts
from winnow.pii.finder import KINDS, REGIONS, finders
from winnow.score.base import SPANS
from winnow.score.pii import Pii

LETTER = "Dear Ana 👋, write to ana@example.org or ring +44 20 7946 0958. Pay DE89 3704 0044 0532 0130 00 by card "
LETTER += "4111 1111 1111 1111 from 203.0.113.7."
PLACES = ["ana@example.org", "+44 20 7946 0958", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "203.0.113.7"]


def scored(*documents: str, **settings: Any) -> dict[str, list[Any]]:
    found = Pii(**settings).score(batch_of(documents), None)
    assert found["pii_spans"].type == SPANS
    return {name: values.tolist() for name, values in found.items()}


def test_a_letter_with_one_of_each() -> None:
    found = scored("nothing here", LETTER, "")
    assert found["pii"] == [0, 5, 0]
    assert all(found[f"pii_{kind}"] == [0, 1, 0] for kind in ("email", "phone", "iban", "card", "ip"))
    assert all(found[f"pii_{kind}"] == [0, 0, 0] for kind in ("secret", "national_id"))
    spans = found["pii_spans"][1]
    assert [LETTER[span["start"] : span["end"]] for span in spans] == PLACES
    assert [span["kind"] for span in spans] == ["email", "phone", "iban", "card", "ip"]
    assert found["pii_spans"][0] == found["pii_spans"][2] == []


def test_offsets_count_code_points() -> None:
    text = "日本語 👩‍👧 ana@example.org"
    (span,) = scored(text)["pii_spans"][0]
    assert text[span["start"] : span["end"]] == "ana@example.org"


def test_the_surer_kind_stands_where_two_overlap() -> None:
    # The tail of the account number reads as a telephone number too.
    found = scored("IBAN GB29 NWBK 6016 1331 9268 19", "Tel 4111 1111 1111 1111")
    assert found["pii_iban"] == [1, 0]
    assert found["pii_card"] == [0, 1]
    assert found["pii_phone"] == [0, 0]


def test_a_number_is_not_read_across_two_documents() -> None:
    assert scored("ring +44 20 79", "46 0958", "ana@", "example.org")["pii"] == [0] * 4


def test_a_number_of_a_person_is_no_telephone_and_a_secret_no_address() -> None:
    found = scored("BSN 111222333 and 536-90-4399", "amqp://bob:s3cr3tPw9@mail.example.org")
    assert found["pii_national_id"] == [2, 0]
    assert found["pii_phone"] == found["pii_email"] == [0, 0]


def test_regions_are_a_setting() -> None:
    assert scored("at 212-555-0123", regions=("GB",))["pii_phone"] == [0]
    assert scored("at 212-555-0123", regions=("US",))["pii_phone"] == [1]


NUMBERS = ["536-90-4399", "AB 12 34 56 C", "12345678Z", "api_key=d8Fk29sLqpW83mZx01Vb", "://a:b3r7xQ@h"]
PIECES = [
    *PLACES,
    *NUMBERS,
    "a",
    " ",
    "\n",
    "é",
    "👍",
    "1",
    "+",
    "-",
    ".",
    ":",
    "@",
    "DE",
    "::",
    "212-555-0123 ",
    "(",
    ")",
]
shuffled = st.lists(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), max_size=4)


@given(st.one_of(shuffled, texts))
def test_spans_lie_inside_in_order_and_apart(documents: list[str]) -> None:
    found = scored(*documents)
    for row, text in enumerate(documents):
        spans = found["pii_spans"][row]
        bounds = [place for span in spans for place in (span["start"], span["end"])]
        assert bounds == sorted(bounds)
        assert all(0 <= span["start"] < span["end"] <= len(text) for span in spans)
        assert found["pii"][row] == len(spans) == sum(found[f"pii_{kind}"][row] for kind in KINDS)


@given(st.one_of(shuffled, texts))
def test_the_first_look_misses_nothing(documents: list[str]) -> None:
    # With every document suspected, the finders find no more.
    found = scored(*documents)
    for row, text in enumerate(documents):
        for kind, find in finders(REGIONS).items():
            if found[f"pii_{kind}"][row] == 0 and list(find(text)):
                covered = [(span["start"], span["end"]) for span in found["pii_spans"][row]]
                assert all(any(s < end and start < e for s, e in covered) for start, end in find(text))
