"""Where a text holds a number that a state gives to one person; python-stdnum checks the check digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.au import tfn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cn import ric
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn

from winnow.pii.identifiers import Place, at_numbers

BEFORE = 60
"""How many characters before a number may name it."""


@dataclass(frozen=True)
class Id:
    """A kind of number: its check, and the words one of which must stand before it; none where its form is enough."""

    country: str
    valid: Callable[[str], bool]
    words: str = ""

    def named(self, before: str) -> bool:
        return not self.words or re.search(rf"(?<![^\W_])(?:{self.words})(?![^\W_])", before, re.IGNORECASE) is not None


SSN = "ssn|social security|soc\\.? ?sec|itin|taxpayer id\\w*"
BSN = "bsn|sofi-?nummer|burgerservicenummer|persoonsnummer|citizen service number"
SIN = "sin|nas|social insurance|assurance sociale"
TFN = "tfn|tax file"
CPF = "cpf|cadastro de pessoas"
STEUER = "steuer-?id\\w*|idnr|steuerliche identifikations?nummer|tin|steuernummer|identifikationsnummer"
PESEL = "pesel"
NN = "rijksregister\\w*|registre national|national\\w* nummer|niss|insz|nrn|numéro national"
NATIONAL_INSURANCE = "ni|nino|n\\.i\\.|national insurance|ni no|ni number"
AADHAAR = "aadh?aar|uidai|uid|आधार|ஆதார்"
NHS = "nhs"
PAN = "pan|permanent account|income tax"


def _known(number: str) -> bool:
    # The two numbers that were printed in advertisements, and the row of digits of every manual.
    digits = re.sub(r"\D", "", number)
    return ssn.is_valid(digits) and digits not in ("078051120", "219099999", "123456789")


def _is_nino(number: str) -> bool:
    return _NINO.fullmatch(number) is not None


BY_SHAPE: dict[str, tuple[Id, ...]] = {
    "999-99-9999": (Id("US", _known),),
    "999 99 9999": (Id("US", _known, SSN),),
    "999999999": (
        Id("US", _known, SSN),
        Id("NL", bsn.is_valid, BSN),
        Id("CA", sin.is_valid, SIN),
        Id("AU", tfn.is_valid, TFN),
    ),
    "999 999 999": (Id("CA", sin.is_valid, SIN), Id("AU", tfn.is_valid, TFN), Id("NL", bsn.is_valid, BSN)),
    "999-999-999": (Id("CA", sin.is_valid, SIN),),
    "9999 99 999": (Id("NL", bsn.is_valid, BSN),),
    "9999.99.999": (Id("NL", bsn.is_valid, BSN),),
    "99999999": (Id("AU", tfn.is_valid, TFN),),
    "999.999.999-99": (Id("BR", cpf.is_valid),),
    "99999999999": (
        Id("BR", cpf.is_valid, CPF),
        Id("DE", idnr.is_valid, STEUER),
        Id("PL", pesel.is_valid, PESEL),
        Id("BE", nn.is_valid, NN),
    ),
    "99 999 999 999": (Id("DE", idnr.is_valid, STEUER),),
    "99.99.99-999.99": (Id("BE", nn.is_valid),),
    "9999 9999 9999": (Id("IN", aadhaar.is_valid, AADHAAR),),
    "9999-9999-9999": (Id("IN", aadhaar.is_valid, AADHAAR),),
    "999999999999": (Id("IN", aadhaar.is_valid, AADHAAR),),
    "9 99 99 99 999 999 99": (Id("FR", nir.is_valid),),
    "9 99 99 99 999 999 / 99": (Id("FR", nir.is_valid),),
    "999999999999999": (Id("FR", nir.is_valid, "nir|insee|sécu\\w*|sécurité sociale|num[ée]ro de s[ée]cu\\w*|ss"),),
    "999999999999999999": (Id("CN", ric.is_valid),),
    "999999-9999": (Id("SE", personnummer.is_valid),),
    "99999999-9999": (Id("SE", personnummer.is_valid),),
    "999999-9999999": (Id("KR", rrn.is_valid),),
    "999.9999.9999.99": (Id("CH", ahv.is_valid),),
    "999 999 9999": (Id("GB", nhs.is_valid, NHS),),
    "9999999999": (Id("GB", nhs.is_valid, NHS),),
}
"""What a row of digits may be, by its shape: every digit written as 9."""


def _form(shape: str) -> str:
    """Return the pattern of a shape, where a space may be one that does not break."""
    digits = re.sub("9+", lambda run: rf"\d{{{len(run[0])}}}", shape)
    return digits.replace(".", r"\.").replace(" ", r"[ \u00a0\u202f]")


_SHAPES = sorted(BY_SHAPE, key=len, reverse=True)
_DIGITS = re.compile(
    rf"(?<![\w.,/+=#@$€£-])(?:{'|'.join(f'({_form(shape)})' for shape in _SHAPES)})(?![\w@%]|[.,:/-]\d)", re.ASCII
)
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D]")
_LETTERED: dict[str, tuple[str, Id]] = {
    "nino": (r"[A-Z]{2}(?: ?\d\d){3} ?[A-D]", Id("GB", _is_nino)),
    "dni": (r"\d{8}-?[A-Z]", Id("ES", dni.is_valid)),
    "nie": (r"[XYZ]-?\d{7}-?[A-Z]", Id("ES", nie.is_valid)),
    "fiscale": (
        r"[A-Z]{6}[0-9L-NP-V]{2}[A-EHLMPR-T][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]",
        Id("IT", codicefiscale.is_valid),
    ),
    "corsica": (r"[12] ?\d\d ?\d\d ?2[AB] ?\d{3} ?\d{3} ?\d\d", Id("FR", nir.is_valid)),
    "resident": (r"[1-9]\d{16}[Xx]", Id("CN", ric.is_valid)),
    "curp": (r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d", Id("MX", curp.is_valid)),
    "hetu": (r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", Id("FI", hetu.is_valid)),
    "pan": (r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", Id("IN", pan.is_valid, PAN)),
}
_SPACED_NINO = re.compile(r"[A-Z]{2} \d\d \d\d \d\d [A-D]")
_LETTERS = re.compile(
    r"(?<![\w./=#@$%+-])(?:"
    + "|".join(f"(?P<{name}>{form})" for name, (form, _) in _LETTERED.items())
    + r")(?![\w@%]|[-.]\w)",
    re.ASCII,
)
# At most six capitals open a number; a run of them, as in a gene, is looked at once and not from each of its letters.
_CAPITALS = re.compile(r"[A-Z](?<![A-Z][A-Z])[A-Z]{0,5} ?[0-9]-?[0-9]")
_SOMETHING_ELSE = re.compile(
    r"(?:\b(?:isbn|issn|doi|orders?|invoice|ref|reference|serial|part|model|sku|ean|upc|gtin|asin|case|ticket|patent|"
    r"version|ver|release|item|lot|vin|imei|iccid|tracking|fax|tel|phone|zip|isin|cas|rfc|commit)\b|[#№$€£¥§=])"
    r"[\s:.#()-]*(?:(?:no|nr|number|id|code)\b)?[\s:.#()-]*\Z",
    re.IGNORECASE,
)


def national_ids(text: str) -> Iterator[Place]:
    """Find numbers of persons: US SSN, UK National Insurance and NHS, Spanish DNI and NIE, Italian codice fiscale, French
    NIR, German tax id, Brazilian CPF, Indian Aadhaar and PAN, Chinese resident id, Dutch BSN, Polish PESEL, Belgian,
    Swedish, Finnish, Swiss, Korean, Canadian, Australian and Mexican ones.

    Each has the form and the check digits of its country; where a number passes both too easily by chance, a word that
    names it must stand in the 60 characters before it. A number that a word such as "ISBN" or "order" names is none.
    """
    for match in at_numbers(text, _DIGITS):
        before = text[max(0, match.start() - BEFORE) : match.start()]
        kinds, number = BY_SHAPE[_SHAPES[(match.lastindex or 1) - 1]], re.sub(r"\s", " ", match[0])
        if any(kind.named(before) and kind.valid(number) for kind in kinds) and _alone(before):
            yield match.span()
    for match in _lettered(text):
        kind = _LETTERED[match.lastgroup or ""][1]
        before = text[max(0, match.start() - BEFORE) : match.start()]
        if kind.named(before) and _surely(match, before) and kind.valid(match[0]) and _alone(before):
            yield match.span()


def _lettered(text: str) -> Iterator[re.Match[str]]:
    yield from at_numbers(text, _LETTERS)
    for start in _CAPITALS.finditer(text):
        if match := _LETTERS.match(text, start.start()):
            yield match


def _alone(before: str) -> bool:
    return _SOMETHING_ELSE.search(before) is None


def _surely(match: re.Match[str], before: str) -> bool:
    """A National Insurance number has no check digit: it is written in its own groups, or named."""
    if match.lastgroup != "nino" or _SPACED_NINO.fullmatch(match[0]):
        return True
    return Id("GB", bool, NATIONAL_INSURANCE).named(before)
