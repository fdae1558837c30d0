from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from winnow.pii.identifiers import Place, addresses, cards, emails, ibans, luhn, mod97


def found(finder: Callable[[str], Iterable[Place]], text: str) -> list[str]:
    return [text[start:end] for start, end in finder(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to ann.b+c@mail.example.org.", ["ann.b+c@mail.example.org"]),
        ("<mailto:o'neil@example.com>, (x@y.example)", ["o'neil@example.com", "x@y.example"]),
        ("a@example.com", ["a@example.com"]),
        ("квіточка@пошта.укр", ["квіточка@пошта.укр"]),
        ("see icon@2x.png and photo@home.jpg", []),
        ("https://user:secret@example.com/path", []),
        ("git clone git@example.com:team/tool.git", []),
        ("@decorator.name and user@localhost and a@b..c", []),
        ("dot.@example.com two..dots@example.com", []),
        ("a@b.c1", []),
        ("@@@ @ a@ @b.example", []),
    ],
)
def test_emails(text: str, expected: list[str]) -> None:
    assert found(emails, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from [203.0.113.7] by", ["203.0.113.7"]),
        ("http://198.51.100.20/path 198.51.100.21:8080", ["198.51.100.20", "198.51.100.21"]),
        ("at 203.0.113.7.", ["203.0.113.7"]),
        ("10.1.2.3 192.168.0.1 172.16.5.4 127.0.0.1 0.0.0.0 169.254.1.1 255.255.255.255 239.1.1.1", []),
        ("version 1.2.3.4, v1.2.3.4, Build: 22.1.0.9, Tool/91.0.44.12, release no. 8.1.2.3", []),
        ("2.1.3.4 Materials and methods", []),
        ("pip install tool==1.2.3.4 other>=5.6.7.8", []),
        ("1.2.3.4.5 256.1.1.1 01.02.03.04 1.2.3", []),
        ("2001:db8::8a2e:370:7334 and 2001:db8:1:2:3:4:5:6", ["2001:db8::8a2e:370:7334", "2001:db8:1:2:3:4:5:6"]),
        ("fe80::1:2:3 fd00::1:2:3 ::1 :: std::vector a::b 12:30:45 aa:bb:cc:dd:ee:ff", []),
        ("00:11:22:33:44:55:66:77", []),
    ],
)
def test_addresses(text: str, expected: list[str]) -> None:
    assert found(addresses, text) == expected


def test_luhn_by_hand() -> None:
    # 7 9 9 2 7 3 9 8 7 1 3: kept from the right 3 7 9 7 9 7 = 42; between them 1 8 3 2 9 doubled 2 16 6 4 18, digits
    # added 2 7 6 4 9 = 28; 42 + 28 = 70.
    assert luhn("79927398713")
    assert not luhn("79927398710")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("card 4111 1111 1111 1111.", ["4111 1111 1111 1111"]),
        ("4111-1111-1111-1111 or 4111111111111111", ["4111-1111-1111-1111", "4111111111111111"]),
        ("3782 822463 10005", ["3782 822463 10005"]),
        ("5555555555554444 6011111111111117 3530111333300000 30569309025904", None),
        ("4111 1111 1111 1112", []),
        ("4111 1111-1111 1111", []),
        ("1234 5678 9012 3452", []),
        ("id=4111111111111111 x4111111111111111 4111111111111111.5", []),
        ("ISBN 9780306406157, 1700000000000", []),
        ("ISBN-13: 4111111111111111, order no. 4111 1111 1111 1111", []),
    ],
)
def test_cards(text: str, expected: list[str] | None) -> None:
    assert found(cards, text) == (text.split() if expected is None else expected)


def test_mod97_by_hand() -> None:
    # AB12 has its first four characters moved behind nothing: A = 10, B = 11, 1, 2 give 101112 = 97 * 1042 + 38.
    assert mod97("AB12") == 38
    # AB12C moves C to the front: C = 12 gives 12101112 = 97 * 124753 + 71.
    assert mod97("AB12C") == 71


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IBAN: DE89 3704 0044 0532 0130 00 BIC X", ["DE89 3704 0044 0532 0130 00"]),
        ("GB29NWBK60161331926819", ["GB29NWBK60161331926819"]),
        (
            "NO93 8601 1117 947, FR14 2004 1010 0505 0001 3M02 606",
            ["NO93 8601 1117 947", "FR14 2004 1010 0505 0001 3M02 606"],
        ),
        ("DE88 3704 0044 0532 0130 00", []),
        ("DE89 3704 0044 0532 0130", []),
        ("XX89 3704 0044 0532 0130 00", []),
        ("XDE89370400440532013000 DE893704004405320130001", []),
    ],
)
def test_ibans(text: str, expected: list[str]) -> None:
    assert found(ibans, text) == expected
