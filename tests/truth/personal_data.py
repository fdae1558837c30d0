"""Measure what is found of personal data, and what is taken for it: python tests/truth/personal_data.py DATA_FOLDER

Every value is made here with the random number generator: check digits hold, and nobody is meant. Each stands in a
sentence of its kind's own, in one of several ways of writing. Beside them stand as many numbers, codes and addresses
that are none. DATA_FOLDER holds real text in which such things hardly occur: what is found there per million characters
is almost all false, but for pages that do name a telephone or a mailbox. Its text is only counted.
"""

from __future__ import annotations

import base64
import json
import random
import string
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from stdnum import luhn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn
from text_sets import harmless

from winnow.pii.finder import KINDS, find
from winnow.pii.identifiers import mod97

DRAW = random.Random(20)
EACH = 200
DIGITS, LETTERS, MIXED = string.digits, string.ascii_uppercase, string.ascii_letters + string.digits
REAL = (
    "c4-web",
    "arxiv-stackexchange",
    "gsm8k",
    "presidential-speeches",
    "clinc150",
    "movie-reviews",
    "enterprise-pii",
)


def some(letters: str, count: int) -> str:
    return "".join(DRAW.choices(letters, k=count))


def until(make: Callable[[], str], valid: Callable[[str], bool]) -> str:
    """Draw until the check digits hold."""
    while not valid(value := make()):
        pass
    return value


def day() -> str:
    return f"{DRAW.randint(50, 99)}{DRAW.randint(1, 12):02d}{DRAW.randint(1, 28):02d}"


def fiscal_code() -> str:
    consonants = "BCDFGLMNPRSTVZ"
    body = some(consonants, 6) + f"{DRAW.randint(30, 99)}{DRAW.choice('ABCDEHLMPRST')}{DRAW.randint(1, 28):02d}"
    return body + DRAW.choice("ABCDEFGHIL") + some(DIGITS, 3)


def grouped(number: str, *sizes: int, mark: str = " ") -> str:
    parts, start = [], 0
    for size in sizes:
        parts.append(number[start : start + size])
        start += size
    return mark.join(parts)


def american() -> str:
    return until(lambda: grouped(some(DIGITS, 9), 3, 2, 4, mark="-"), ssn.is_valid)


def french() -> str:
    start = (
        f"{DRAW.choice('12')}{DRAW.randint(30, 99)}{DRAW.randint(1, 12):02d}{DRAW.randint(1, 89):02d}{some(DIGITS, 6)}"
    )
    return start + f"{97 - int(start) % 97:02d}"


def chinese() -> str:
    return until(
        lambda: f"110105{DRAW.randint(1940, 2005)}{day()[2:]}{some(DIGITS, 3)}{some(DIGITS + 'X', 1)}", ric.is_valid
    )


IDS: dict[str, Callable[[], str]] = {
    "US": lambda: DRAW.choice(["SSN: {}", "my social is {} thanks", "{} (employee)"]).format(american()),
    "GB": lambda: DRAW.choice(["NI number {}", "National Insurance no. {}"]).format(
        "AB" + some(DIGITS, 6) + DRAW.choice("ABCD")
    ),
    "ES": lambda: DRAW.choice(["DNI {}", "con documento {} y domicilio"]).format(
        until(lambda: some(DIGITS, 8) + some(LETTERS, 1), dni.is_valid)
        if DRAW.random() < 0.5
        else until(lambda: "X" + some(DIGITS, 7) + some(LETTERS, 1), nie.is_valid)
    ),
    "IT": lambda: "codice fiscale " + until(lambda: fiscal_code() + some(LETTERS, 1), codicefiscale.is_valid),
    "FR": lambda: "née sous le numéro " + grouped(until(french, nir.is_valid), 1, 2, 2, 2, 3, 3, 2),
    "DE": lambda: DRAW.choice(["Steuer-ID: {}", "IdNr. {}"]).format(
        until(lambda: DRAW.choice("123456789") + some(DIGITS, 10), idnr.is_valid)
    ),
    "BR": lambda: (
        "CPF " + until(lambda: some(DIGITS, 11), cpf.is_valid)
        if DRAW.random() < 0.5
        else "portador do " + cpf.format(until(lambda: some(DIGITS, 11), cpf.is_valid))
    ),
    "IN": lambda: (
        "Aadhaar " + grouped(until(lambda: DRAW.choice("23456789") + some(DIGITS, 11), aadhaar.is_valid), 4, 4, 4)
    ),
    "CN": lambda: "身份证号码" + chinese(),
    "NL": lambda: "BSN " + until(lambda: some(DIGITS, 9), bsn.is_valid),
    "PL": lambda: "PESEL " + until(lambda: day() + some(DIGITS, 5), pesel.is_valid),
    "BE": lambda: "met nummer " + until(lambda: nn.format(day() + some(DIGITS, 5)), nn.is_valid),
    "SE": lambda: "personnummer " + until(lambda: f"{day()}-{some(DIGITS, 4)}", personnummer.is_valid),
    "CA": lambda: "SIN " + grouped(until(lambda: DRAW.choice("1234567") + some(DIGITS, 8), sin.is_valid), 3, 3, 3),
}


def card() -> str:
    number = until(lambda: DRAW.choice(["4", "51", "55", "2221"]) + some(DIGITS, 15), lambda n: luhn.is_valid(n[:16]))[
        :16
    ]
    return DRAW.choice([number, grouped(number, 4, 4, 4, 4), grouped(number, 4, 4, 4, 4, mark="-")])


def iban() -> str:
    country, bank = DRAW.choice([("DE", 18), ("NL", 0), ("GB", 0), ("FR", 23)])
    body = {"NL": "ABNA" + some(DIGITS, 10), "GB": "NWBK" + some(DIGITS, 14)}.get(country, some(DIGITS, bank))
    whole = f"{country}{98 - mod97(country + '00' + body):02d}{body}"
    return DRAW.choice([whole, " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))])


def phone() -> str:
    area, line = DRAW.choice(["212", "415", "617", "202"]), f"555-01{some(DIGITS, 2)}"
    return DRAW.choice(
        [
            f"+1 {area}-{line}",
            f"({area}) {line}",
            f"{area}-{line}",
            f"+44 20 7946 0{some(DIGITS, 3)}",
            f"020 7946 0{some(DIGITS, 3)}",
            f"+49 30 2312{some(DIGITS, 4)}",
            f"+33 1 99 00 {some(DIGITS, 2)} {some(DIGITS, 2)}",
        ]
    )


def email() -> str:
    name = some(string.ascii_lowercase, DRAW.randint(3, 9))
    return DRAW.choice(
        [f"{name}@example.org", f"{name}.{name[:3]}+x@mail.example.co.uk", f"{name}_{some(DIGITS, 2)}@example.de"]
    )


def address() -> str:
    if DRAW.random() < 0.3:
        return "2001:db8:" + ":".join(f"{DRAW.randrange(1, 65536):x}" for _ in range(6))
    return ".".join(str(DRAW.randint(1, 254)) for _ in range(3)) + f".{DRAW.randint(1, 254)}"


def public_address() -> str:
    bad = ("10.", "127.", "169.254.", "192.168.", "172.", "0.")
    return until(address, lambda value: not value.startswith(bad) and (":" in value or int(value.split(".")[0]) < 224))


def token() -> str:
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps({"sub": some(DIGITS, 8), "name": some(LETTERS, 8)})]
    return ".".join([*(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts), some(MIXED, 43)])


def secret() -> str:
    block = "\n".join(some(MIXED + "+/", 64) for _ in range(12))
    return DRAW.choice(
        [
            f"export AWS_ACCESS_KEY_ID=AKIA{some(LETTERS + '234567', 16)}",
            f"token ghp_{some(MIXED, 36)}",
            f"api_key = '{some(MIXED, 32)}'",
            f'"client_secret": "{some("0123456789abcdef", 32)}"',
            f"Authorization: Bearer {token()}",
            f"postgres://app:{some(MIXED, 14)}@db.internal:5432/app",
            f"stripe sk_live_{some(MIXED, 24)}",
            f"-----BEGIN PRIVATE KEY-----\n{block}\n-----END PRIVATE KEY-----",
        ]
    )


SENTENCES: dict[str, tuple[Callable[[], str], tuple[str, ...]]] = {
    "email": (email, ("write to {}.", "<{}>", "Kontakt: {}, Büro 4", "{}\nsecond line")),
    "phone": (phone, ("call {} today", "Tel.: {}", "{} is my number", "phone ({})")),
    "ip": (public_address, ("from [{}] by mx", "the host {} refused", "{} - - GET /", "client [{}]:443")),
    "card": (card, ("card {}.", "paid with {} on Monday", "Kreditkarte: {}")),
    "iban": (iban, ("IBAN {}", "please pay to {} soon", "Konto: {}.")),
    "secret": (secret, ("{}", "config:\n{}\n", "# note\n{}")),
}


def digits(*sizes: int, mark: str = "-") -> str:
    return mark.join(some(DIGITS, size) for size in sizes)


HARMLESS: dict[str, Callable[[], str]] = {
    "versions": lambda: DRAW.choice(["version {}", "v{}", "pip install tool=={}", "release {}"]).format(
        ".".join(str(DRAW.randint(0, 30)) for _ in range(DRAW.choice([3, 4])))
    ),
    "dates": lambda: DRAW.choice(["on {1}-{2}-{3}", "{3}/{2}/{1}", "{3}.{2}.{1}", "{1}{2}{3}"]).format(
        "", DRAW.randint(1900, 2030), f"{DRAW.randint(1, 12):02d}", f"{DRAW.randint(1, 28):02d}"
    ),
    "times": lambda: (
        f"at {DRAW.randint(0, 23):02d}:{DRAW.randint(0, 59):02d}:{DRAW.randint(0, 59):02d}.{some(DIGITS, 6)}"
    ),
    "ISBN and ISSN": lambda: DRAW.choice(
        [f"ISBN 978-{digits(1, 3, 5, 1)}", f"ISBN: {some(DIGITS, 13)}", f"ISSN {digits(4, 4)}"]
    ),
    "DOI and arXiv": lambda: (
        f"doi:10.{some(DIGITS, 4)}/j.{some(DIGITS, 6)}.{digits(2, 4)} arXiv:{some(DIGITS, 4)}.{some(DIGITS, 5)}"
    ),
    "coordinates": lambda: f"{DRAW.uniform(-90, 90):.7f}, {DRAW.uniform(-180, 180):.7f}",
    "decimals": lambda: f"x = {DRAW.random():.15f} or {DRAW.random() * 1e9:.4f}",
    "money": lambda: DRAW.choice(
        [f"${DRAW.randint(1, 999)},{some(DIGITS, 3)},{some(DIGITS, 3)}.00", f"€ {digits(3, 3, 3, mark='.')}"]
    ),
    "hashes": lambda: "sha256 " + some("0123456789abcdef", DRAW.choice([32, 40, 64])),
    "upper hashes": lambda: some("0123456789ABCDEF", DRAW.choice([32, 40])),
    "UUIDs": lambda: str(uuid.UUID(int=DRAW.getrandbits(128))),
    "orders": lambda: DRAW.choice(["order {}", "invoice no. {}", "ticket #{}", "tracking: {}"]).format(
        DRAW.choice([some(DIGITS, 10), digits(3, 7, 7), some(DIGITS, 9)])
    ),
    "timestamps": lambda: f"{DRAW.randint(10**9, 2 * 10**9)} {DRAW.randint(10**12, 2 * 10**12)}",
    "hardware": lambda: ":".join(some("0123456789abcdef", 2) for _ in range(6)),
    "C++ and code": lambda: (
        f"std::{some(string.ascii_lowercase, 5)}::at(0x{some('0123456789abcdef', 8)}) + {some(DIGITS, 9)}u;"
    ),
    "private networks": lambda: DRAW.choice(["10.{}.{}.{}", "192.168.{1}.{2}", "127.0.0.{}"]).format(
        *(DRAW.randint(0, 255) for _ in range(3))
    ),
    "part numbers": lambda: f"{some(LETTERS, 2)}-{digits(4, 3)} {some(LETTERS, 3)}{some(DIGITS, 6)}{some(LETTERS, 1)}",
    "years and pages": lambda: (
        f"{DRAW.randint(1900, 2024)}, {DRAW.randint(1, 99)}({DRAW.randint(1, 9)}): {digits(3, 3)}"
    ),
    "scores": lambda: f"{digits(1, 1)} {digits(2, 2, 2)} 6-4 7-6 {some(DIGITS, 2)}-{some(DIGITS, 2)}",
    "handles and decorators": lambda: (
        f"@{some(string.ascii_lowercase, 8)} icon@2x.png git@example.com:team/x.git user@localhost"
    ),
    "placeholder keys": lambda: DRAW.choice(
        [
            "api_key = 'your_api_key_here'",
            "password: ${DB_PASSWORD}",
            "token=<paste your token>",
            "SECRET_KEY = os.environ['SECRET_KEY']",
        ]
    ),
    "addresses of pages": lambda: (
        f"https://example.org/{some(DIGITS, 10)}/{digits(3, 3, 4)}?id={some(DIGITS, 16)}&k={some(MIXED, 20)}"
    ),
    "long numbers": lambda: some(DIGITS, DRAW.randint(9, 20)),
    "grouped numbers": lambda: grouped(some(DIGITS, 12), 3, 3, 3, 3) + f" {digits(4, 4, 4, mark=' ')}",
    "base64": lambda: base64.b64encode(DRAW.randbytes(48)).decode(),
}


def found_in(texts: list[str]) -> dict[int, list[tuple[int, int, str]]]:
    return find(pa.array(texts, pa.large_string()))


def made() -> None:
    right, wanted, seen = Counter[str](), Counter[str](), Counter[str]()
    for kind, (make, frames) in SENTENCES.items():
        values = [make() for _ in range(EACH)]
        texts = [DRAW.choice(frames).replace("{}", value, 1) for value in values]
        found = found_in(texts)
        wanted[kind] = EACH
        for row in range(EACH):
            kinds = [which for _, _, which in found.get(row, [])]
            right[kind] += kind in kinds
            seen.update(kinds)
    by_country = {}
    for country, say in IDS.items():
        found = found_in([f"{say()}, thank you" for _ in range(EACH)])
        kinds = [[which for _, _, which in found.get(row, [])] for row in range(EACH)]
        by_country[country] = sum("national_id" in here for here in kinds) / EACH
        right["national_id"] += sum("national_id" in here for here in kinds)
        wanted["national_id"] += EACH
        seen.update(which for here in kinds for which in here)
    alarms = {}
    for name, say in HARMLESS.items():
        found = found_in([f"See {say()} for more." for _ in range(EACH)])
        alarms[name] = Counter(which for places in found.values() for _, _, which in places)
        seen.update(alarms[name])
    print(f"| kind | n | recall | precision beside {EACH * len(HARMLESS):,} harmless sentences |\n|---|--:|--:|--:|")
    for kind in KINDS:
        print(
            f"| {kind} | {wanted[kind]:,} | {right[kind] / wanted[kind]:.3f} | {right[kind] / max(seen[kind], 1):.3f} |"
        )
    print("\nnational ids found: " + ", ".join(f"{country} {share:.2f}" for country, share in by_country.items()))
    print("\nfalse alarms by what was written: " + "; ".join(
        f"{name}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()) for name, counts in alarms.items() if counts
    ))  # fmt: skip


def real(folder: Path) -> None:
    print(f"\n| real text | million characters | {' | '.join(KINDS)} |\n|---|--:|{'--:|' * len(KINDS)}")
    for name in REAL:
        texts = list(harmless(folder, name).texts)
        size = sum(map(len, texts)) / 1e6
        counts = Counter(kind for places in found_in(texts).values() for _, _, kind in places)
        print(f"| {name} | {size:.2f} | " + " | ".join(f"{counts[kind] / size:.1f}" for kind in KINDS) + " |")


if __name__ == "__main__":
    made()
    real(Path(sys.argv[1]))
