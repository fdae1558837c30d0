from __future__ import annotations

import pytest

from winnow.pii.national_ids import BY_SHAPE, national_ids


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in national_ids(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SSN: 536-90-4399.", ["536-90-4399"]),
        ("her number 536-90-4399 was on file", ["536-90-4399"]),
        ("social security 536 90 4399", ["536 90 4399"]),
        ("National Insurance: AB123456C", ["AB123456C"]),
        ("AB 12 34 56 C", ["AB 12 34 56 C"]),
        ("NHS number 943 476 5919", ["943 476 5919"]),
        ("DNI 12345678Z, NIE X1234567L", ["12345678Z", "X1234567L"]),
        ("C.F. RSSMRA85T10A562S", ["RSSMRA85T10A562S"]),
        ("1 84 12 76 451 089 46", ["1 84 12 76 451 089 46"]),
        ("Steuer-ID: 36 574 261 809 und IdNr. 36574261809", ["36 574 261 809", "36574261809"]),
        ("CPF 39053344705 ou 390.533.447-05", ["39053344705", "390.533.447-05"]),
        ("Aadhaar: 2341 2341 2346", ["2341 2341 2346"]),
        ("身份证号11010519491231002X，", ["11010519491231002X"]),
        ("BSN 111222333", ["111222333"]),
        ("PESEL 44051401359", ["44051401359"]),
        ("rijksregisternummer 85073003328 of 85.07.30-033.28", ["85073003328", "85.07.30-033.28"]),
        ("personnummer 850709-9805", ["850709-9805"]),
        ("131052-308T", ["131052-308T"]),
        ("756.9217.0769.85", ["756.9217.0769.85"]),
        ("971013-9019902", ["971013-9019902"]),
        ("SIN 123-456-782", ["123-456-782"]),
        ("Tax File Number 123 456 782", ["123 456 782"]),
        ("CURP BOXW310820HNERXN09", ["BOXW310820HNERXN09"]),
        ("PAN: ACUPA7085R", ["ACUPA7085R"]),
        ("536-90-4399 2021 536-90-4390", ["536-90-4399", "536-90-4390"]),
    ],
)
def test_numbers_of_persons_are_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456 666-12-3456 912-12-3456 536-00-4399 536-90-0000",  # never issued
        "078-05-1120 219-09-9999 123-45-6789",  # printed in advertisements and manuals
        "order 536-90-4399, part no. 536-90-4399, #536-90-4399, x=536-90-4399",
        "12345678A X1234567A RSSMRA85T10A562T 390.533.447-06 11010519491231002Y",  # wrong check digits
        "code AB123456C and GB 12 34 56 C",  # no check digit, no name; a prefix that is not given
        "111222333 39053344705 36574261809 44051401359 234123412346 943 476 5919",  # nothing names them
        "2021-03-04 04.07.2012 12/31/1999 10:30:45 3.14159265358979 6.02214076",
        "ISBN 978-0-306-40615-7 ISSN 0317-8471 doi 10.1000/182 CAS 7732-18-5",
        "deadbeef01234567 0x7fff5694 4d5e6f70-1234-5678-9abc-def012345678",
        "52.5200066 13.4049540 -122.4194155 1700000000000 20210304123456",
        "id=536904399 536-90-4399.5 536-90-43991 1536-90-4399",
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert found(text) == []


def test_a_word_that_names_it_stands_close_and_alone() -> None:
    assert found("BSN" + " " * 50 + "111222333") == ["111222333"]
    assert found("BSN" + " " * 70 + "111222333") == []
    assert found("absnz 111222333") == []


def test_shapes_are_rows_of_nines() -> None:
    assert all(set(shape) <= set("9 .-/") and any(char == "9" for char in shape) for shape in BY_SHAPE)
