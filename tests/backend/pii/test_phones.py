from __future__ import annotations

import pytest

from winnow.pii.phones import phones

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "AU", "IN", "BR")


def found(text: str, regions: tuple[str, ...] = REGIONS) -> list[str]:
    return [text[start:end] for start, end in phones(text, regions)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+44 20 7946 0958 or +1 (212) 555-0123", ["+44 20 7946 0958", "+1 (212) 555-0123"]),
        ("Fax: +44 (0)20 7946 0958.", ["+44 (0)20 7946 0958"]),
        ("+14155550123,+33142685300", ["+14155550123", "+33142685300"]),
        ("ring 0044 20 7946 0958 now", ["0044 20 7946 0958"]),
        ("+33 1 42 68 53 00 2021 was a year", ["+33 1 42 68 53 00"]),
        ("(212) 555-0123, 212-555-0123, 212.555.0123, 1-800-555-0199", None),
        ("London 020 7946 0958", ["020 7946 0958"]),
        ("Paris 01 42 68 53 00 et 01.42.68.53.00", ["01 42 68 53 00", "01.42.68.53.00"]),
        ("Tel.: 030/901820", ["030/901820"]),
        ("Telefon 0301234567", ["0301234567"]),
        ("call us on 2125550123", ["2125550123"]),
        ("(school: (01440 783281)", ["01440 783281"]),
        ("my number is 212-555-0123", ["212-555-0123"]),
    ],
)
def test_phones_are_found(text: str, expected: list[str] | None) -> None:
    assert found(text) == (text.split(", ") if expected is None else expected)


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-04 04.07.2012 12/31/1999 call on 2021-03-26",
        "at 10:30:45 on 01 02 2003, 1999, 2001, 2003 and 2005",
        "ISBN 0-306-40615-2, ISBN-13: 978-0-306-40615-7, ISSN 0317-8471",
        "version 10.2.3.4567 and v8.12.3/8.12.3",
        "203.0.113.7 and 192.168.100.200",
        "$212-555-0123 and €0123 456 789 and 1.234.567,89 EUR",
        "order 212-555-0123, id: 212-555-0123, #212-555-0123, invoice no. 020 7946 0958",
        "3.14159265358979 0.123 456 7890 6.02214076",
        "https://example.org/item/212-555-0123/x?id=2125550123&n=02079460958",
        "2125550123 0123456789 9876543210123",
        "123-45-6789 and 123-456-7890 and 000-000-0000",
        "pages 212-555 and 212 555 0123",
        "0x7fff5694 3735928559 1e10 deadbeef-0123-4567-8901-234567890123",
        "+12 345 and +999 123 456 789",
        "015.6016 & 020.7946 & 12 34 56 78 90 12",
        "4111 1111 1111 1111",
    ],
)
def test_other_numbers_are_not(text: str) -> None:
    assert found(text) == []


def test_national_numbers_belong_to_the_regions_asked_for() -> None:
    assert found("020 7946 0958 and 212-555-0123", ("GB",)) == ["020 7946 0958"]
    assert found("020 7946 0958 and 212-555-0123", ("US",)) == ["212-555-0123"]
    assert found("020 7946 0958 and +1 212-555-0123", ()) == ["+1 212-555-0123"]
