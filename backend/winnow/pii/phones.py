"""Where a text holds a telephone number; when in doubt it is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from winnow.pii.identifiers import Place

_GAP = r"[ \u00a0\u202f.\-/()\u2010-\u2013]"
_CANDIDATE = re.compile(
    r"(?:(?<![\w+=&@#%/-])\+\s?|(?<![\w+=&@#%$€£¥/.,-])(?<!\d[ ])\(?)"
    rf"\d(?:{_GAP}{{0,3}}\d){{6,14}}(?![\w%€$£@]|[.,:/-]\d)",
    re.ASCII,
)
# A pattern that opens with a class of characters is searched for many times faster than one that opens with a look back.
_FIRST_DIGIT = re.compile(r"[0-9](?<![\w.,/=&@#%$€£¥-][0-9])", re.ASCII)
_OPENING = re.compile(r"\+\s?\Z|\(\Z")
_SPOKEN_FOR = re.compile(
    r"(?:(?<![\w.@/-])(?:tel|t[eé]l|tele?phone|phone|ph|call(?: us)?|dial|text|ring|mobile|mob|cell|fax|whats\s?app|hotline|"
    r"tele?fono|tel[eé]fono|telefone|telefon|handy|fone|celular|m[oó]vil|portable)\b|[Тт]ел|☎|📞|✆)[^\d\n+(]{0,20}\Z",
    re.IGNORECASE,
)
_SOMETHING_ELSE = re.compile(
    r"(?:\b(?:isbn|issn|doi|orders?|invoice|ref|reference|serial|part|model|sku|ean|upc|gtin|asin|case|ticket|account|"
    r"acct|patent|version|ver|release|id|no|nr|n°|number|code|item|rfc|pmid|lot|vin|imei|ssn|page|pages|pp|"
    r"pos|population|range|between)\b|[#№$€£¥§=])[\s:.#()-]*(?:(?:no|nr|number|id|code)\b)?[\s:.#()-]*\Z",
    re.IGNORECASE,
)
_NORTH_AMERICA = re.compile(
    r"(?:1[-. ])?(?:\([2-9]\d\d\) ?[2-9]\d\d[-. ]\d{4}|[2-9]\d\d([-.])[2-9]\d\d\1\d{4})", re.ASCII
)
_NO_PHONE = re.compile(
    r"\(?\d{1,3}(?:[./]\d{1,3}){2,3}\)?"  # versions and network addresses
    r"|(?:19|20)\d\d([-./ ])\d\d?\1\d\d?|\d\d?([-./ ])\d\d?\2(?:19|20)\d\d"  # dates
    r"|\d+\.\d+",  # decimals
    re.ASCII,
)
_TRUNK = re.compile(r"\(?0\d")


def phones(text: str, regions: Sequence[str]) -> Iterator[Place]:
    """Find telephone numbers that the numbering plans hold valid.

    With + or 00 and a country: any valid number. Without: a number valid in one of the regions that either follows
    a word such as "phone" or "fax", or is written in that country's own groups with its trunk 0, or in the North
    American form 212-555-0123. Numbers after words such as "ISBN", "order" or a currency sign are none.
    """
    for match in _candidates(text):
        start = match.start() + (match[0].startswith("(") and ")" not in match[0])
        before = text[max(0, start - 40) : start]
        announced = _SPOKEN_FOR.search(before) is not None
        if not announced and _SOMETHING_ELSE.search(before):
            continue
        # A candidate may have swallowed the number after it; without a sign that one starts here, leave it whole.
        sure = announced or match[0].startswith("+")
        for end in [match.end(), *(_gaps(match) if sure else [])]:
            if _is_phone(text[start:end], announced, regions):
                yield start, end
                break


def _candidates(text: str) -> Iterator[re.Match[str]]:
    """Yield stretches of digits and marks that could be a number, from left to right, none overlapping."""
    end = 0
    for digit in _FIRST_DIGIT.finditer(text):
        opening = _OPENING.search(text, max(end, digit.start() - 2), digit.start())
        for start in ([opening.start()] if opening else []) + [digit.start()]:
            if start >= end and (match := _CANDIDATE.match(text, start)):
                end = match.end()
                yield match
                break


def _gaps(match: re.Match[str]) -> list[int]:
    return [gap.start() + match.start() for gap in re.finditer(r"[ \u00a0]+", match[0])][:-3:-1]


def _is_phone(written: str, announced: bool, regions: Sequence[str]) -> bool:
    digits = re.sub(r"\D", "", written)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 3 or _NO_PHONE.fullmatch(written):
        return False
    if written.startswith("+"):
        return _parsed(written, None) is not None
    if written.startswith("00"):
        bare = digits == written and not announced
        return not bare and _parsed("+" + written[2:], None) is not None
    if _NORTH_AMERICA.fullmatch(written):
        return bool({"US", "CA"} & set(regions)) and _parsed(written, "US") is not None
    if announced:
        return len(digits) >= 8 and any(_parsed(written, region) for region in regions)
    if not _TRUNK.match(written) or digits == written:
        return False
    return any(_grouped_alike(written, region) for region in regions)


def _grouped_alike(written: str, region: str) -> bool:
    number = _parsed(written, region)
    if number is None:
        return False
    usual = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return re.findall(r"\d+", usual) == re.findall(r"\d+", written)


def _parsed(written: str, region: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
