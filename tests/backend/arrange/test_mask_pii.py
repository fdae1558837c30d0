from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from text_batches import texts
from winnow.arrange.base import Tools
from winnow.arrange.mask_pii import MaskPii, invent, plain
from winnow.errors import SettingError
from winnow.pii.finder import KINDS, find
from winnow.pii.identifiers import luhn, mod97
from winnow.score.base import SPANS

LETTER = "Ana@example.org wrote to bo@example.org; ana@example.org rang +44 20 7946 0958 (+44 (0)20 7946 0958)."
ONE_OF_EACH = {
    "secret": "api_key=d8Fk29sLqpW83mZx01Vb",
    "iban": "DE89 3704 0044 0532 0130 00",
    "card": "4111 1111 1111 1111",
    "national_id": "SSN 536-90-4399",
    "ip": "8.8.4.4",
    "email": "ana@mail.invalid.example",
    "phone": "+44 20 7946 0958",
}


def batch_of(*documents: str, first: int = 0, **columns: pa.Array) -> pa.RecordBatch:
    given = {
        "doc_id": pa.array(np.arange(first, first + len(documents))),
        "text": pa.array(documents, pa.large_string()),
    }
    return pa.RecordBatch.from_arrays([*given.values(), *columns.values()], names=[*given, *columns])


def masked(*documents: str, seed: int = 0, first: int = 0, **settings: Any) -> list[str]:
    made = MaskPii(**settings).transform(batch_of(*documents, first=first), Tools(seed=seed), None)
    found: list[str] = made.column("text").to_pylist()
    return found


def test_placeholders_are_typed_and_counted_by_value() -> None:
    assert masked(LETTER, "no one here", "bo@example.org") == [
        "[EMAIL_1] wrote to [EMAIL_2]; [EMAIL_1] rang [PHONE_1] ([PHONE_2]).",
        "no one here",
        "[EMAIL_1]",
    ]


def test_over_the_corpus_one_value_has_one_name_whatever_stands_beside_it(tmp_path: Path) -> None:
    first = masked(LETTER, "x bo@example.org", same="corpus")
    assert first == masked(LETTER, same="corpus") + masked("x BO@example.org", same="corpus", first=77)
    name = first[1].removeprefix("x ")
    assert name in first[0]
    assert name.startswith("[EMAIL_")
    assert masked("bo@example.org", same="corpus", seed=1) != [name]
    (tmp_path / "key").write_text("a long secret\n")
    keyed = masked("bo@example.org", same="corpus", key_file=str(tmp_path / "key"))
    assert keyed != [name]
    assert keyed[0].startswith("[EMAIL_")


def test_the_key_is_read_from_a_file_and_stays_out_of_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a long secret")
    assert "a long secret" not in str(MaskPii(key_file=str(tmp_path / "key")).recipe)
    (tmp_path / "empty").write_text("\n")
    for name in ("empty", "nowhere"):
        with pytest.raises(SettingError, match="needs a key in"):
            masked("bo@example.org", same="corpus", key_file=str(tmp_path / name))


@pytest.mark.parametrize("kind", KINDS)
def test_inventions_have_the_form_and_belong_to_nobody(kind: str) -> None:
    (text,) = masked(f"see {ONE_OF_EACH[kind]} there", by="invention", kinds=(kind,))
    assert text.startswith("see ")
    assert text.endswith(" there")
    assert ONE_OF_EACH[kind].removeprefix("SSN ").removeprefix("api_key=") not in text


def test_inventions_keep_their_check_digits_and_their_reserved_ranges() -> None:
    for number in (0, 1, 17, 2**64 - 1):
        assert luhn(invent("card", "", number).replace(" ", ""))
        assert mod97(invent("iban", "", number)) == 1
        assert invent("email", "", number).partition("@")[2] in ("example.com", "example.net", "example.org")
        assert invent("national_id", "", number).startswith("000-")
        assert "-555-01" in invent("phone", "", number)
        assert ipaddress.IPv6Address(invent("ip", "2001:db8::1", number)) in ipaddress.IPv6Network("2001:db8::/32")
        assert not ipaddress.IPv4Address(invent("ip", "8.8.8.8", number)).is_global


def test_two_people_of_a_document_stay_two() -> None:
    people = [f"+44 20 7946 0{number}" for number in range(100, 900)]
    (text,) = masked("\n".join(people), by="invention")
    assert len(set(text.split("\n"))) == len(set(people))


def test_nothing_leaves_no_double_space() -> None:
    assert masked("write to ana@example.org now, or (ana@example.org).", by="nothing") == ["write to now, or ()."]


def test_only_the_kinds_asked_for() -> None:
    assert masked("a@example.org 4111 1111 1111 1111", kinds=("card",)) == ["a@example.org [CARD_1]"]
    with pytest.raises(SettingError, match="did you mean 'email'"):
        MaskPii(kinds=("emails",))


def test_places_in_the_old_text_go() -> None:
    spans = pa.array([[{"start": 0, "end": 15, "kind": "email"}], [{"start": 0, "end": 2, "kind": "other"}]], SPANS)
    made = MaskPii().transform(batch_of("ana@example.org", "plain", pii_spans=spans), Tools(), None)
    assert made.column("pii_spans").to_pylist() == [[], [{"start": 0, "end": 2, "kind": "other"}]]


def test_spelling_alone_makes_no_other_value() -> None:
    assert plain("email", "Ana@Example.org") == plain("email", "ana@example.org")
    assert plain("phone", "(212) 555-0123") == plain("phone", "212.555.0123")
    assert plain("iban", "DE89 3704") == plain("iban", "DE893704")
    assert plain("ip", "2001:0db8::1") == plain("ip", "2001:db8:0::1")
    assert plain("secret", "aB") != plain("secret", "Ab")


@given(texts)
def test_what_is_masked_is_not_found_again(documents: list[str]) -> None:
    for settings in ({}, {"same": "corpus"}):
        left = masked(*documents, LETTER, *ONE_OF_EACH.values(), **settings)
        assert find(pa.array(left, pa.large_string())) == {}
