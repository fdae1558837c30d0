"""Where a text names a mailbox, a machine, a payment card or a bank account."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

Place = tuple[int, int]

# A pattern that opens with a class of characters is searched for many times faster than one that opens with a look back.
_NUMBER_START = re.compile(r"[0-9](?<![^\W_][0-9])", re.ASCII)

_LOCAL_PART = re.compile(r"(?<![\w.%+'-])[^\W_][\w.%+'-]*\Z")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}(?![\w-])")
_FILE_ENDINGS = frozenset(
    [
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "bmp",
        "ico",
        "css",
        "js",
        "ts",
        "py",
        "rb",
        "md",
        "txt",
        "html",
        "htm",
        "json",
        "xml",
        "php",
    ]
)
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w-]|\.\w)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]|\.\d)", re.ASCII)
_VERSION = re.compile(
    r"(?:\b(?:v|ver|vers|version|release|rev|revision|build|firmware|driver|update|section|sec|chapter|clause|oid)\b"
    r"[.:]?\s*(?:number|no\.?|to|from|is)?\s*|§\s*|[\w)][/_-]|[\w)][=~<>]=)\Z",
    re.IGNORECASE,
)
_NO_PERSON_V4 = [
    ipaddress.ip_network(block)
    for block in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ]
]
_CARD = re.compile(
    r"(?<![\w./=#&+-])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -]?)\d{6}\2\d{4,5}|\d{13,19})(?![\w-]|\.\d)",
    re.ASCII,
)
_NO_CARD = re.compile(
    r"\b(?:isbn|issn|ean|gtin|upc|asin|imei|iccid|doi|orders?|invoice|tracking|serial|sku|ticket)\b[\s:.#()-]*"
    r"(?:(?:1[03]|no|nr|number|id|code)\b)?[\s:.#()-]*\Z",
    re.IGNORECASE,
)
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|(?:6011|65\d\d|64[4-9]\d|62\d\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12}"
)
_IBAN_HEAD = re.compile(r"[A-Z]{2}\d{2}(?<![A-Za-z0-9].{4})(?=[ ]?[A-Z0-9])", re.ASCII)
_IBAN_LENGTHS = {
    pair[:2]: int(pair[2:])
    for pair in [
        "AD24",
        "AE23",
        "AL28",
        "AT20",
        "AZ28",
        "BA20",
        "BE16",
        "BG22",
        "BH22",
        "BI27",
        "BR29",
        "BY28",
        "CH21",
        "CR22",
        "CY28",
        "CZ24",
        "DE22",
        "DJ27",
        "DK18",
        "DO28",
        "EE20",
        "EG29",
        "ES24",
        "FI18",
        "FK18",
        "FO18",
        "FR27",
        "GB22",
        "GE22",
        "GI23",
        "GL18",
        "GR27",
        "GT28",
        "HN28",
        "HR21",
        "HU28",
        "IE22",
        "IL23",
        "IQ23",
        "IS26",
        "IT27",
        "JO30",
        "KW30",
        "KZ20",
        "LB28",
        "LC32",
        "LI21",
        "LT20",
        "LU20",
        "LV21",
        "LY25",
        "MC27",
        "MD24",
        "ME22",
        "MK19",
        "MN20",
        "MR27",
        "MT31",
        "MU30",
        "NI28",
        "NL18",
        "NO15",
        "OM23",
        "PK24",
        "PL28",
        "PS29",
        "PT25",
        "QA29",
        "RO24",
        "RS22",
        "RU33",
        "SA24",
        "SC31",
        "SD18",
        "SE24",
        "SI19",
        "SK24",
        "SM27",
        "SO23",
        "ST25",
        "SV28",
        "TL23",
        "TN24",
        "TR26",
        "UA29",
        "VA22",
        "VG24",
        "XK20",
        "YE30",
    ]
}


def at_numbers(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern that open with the first digit of a number, from left to right, none overlapping."""
    end = 0
    for start in _NUMBER_START.finditer(text):
        if start.start() >= end and (match := pattern.match(text, start.start())):
            end = match.end()
            yield match


def emails(text: str) -> Iterator[Place]:
    """Find e-mail addresses; file names (icon@2x.png), logins in a URL and git remotes are none."""
    for sign in re.finditer("@", text):
        at = sign.start()
        local = _LOCAL_PART.search(text, max(0, at - 65), at)
        domain = _DOMAIN.match(text, at + 1, at + 256)
        if local is None or domain is None or local[0][-1] in ".-'" or ".." in local[0] or len(local[0]) > 64:
            continue
        ending = domain[0].rpartition(".")[2].lower()
        before = text[max(0, local.start() - 100) : local.start()]
        remote = local[0] == "git" and text[domain.end() : domain.end() + 1] in (":", "/")
        if ending not in _FILE_ENDINGS and not remote and not re.search(r"\w://\S*\Z", before):
            yield local.start(), domain.end()


def addresses(text: str) -> Iterator[Place]:
    """Find IPv4 and IPv6 addresses that may belong to somebody.

    Private, loopback, link-local, multicast and unspecified ones do not count, nor do versions ("version 1.2.3.4",
    "name/1.2.3.4", "section 1.2.3.4", a numbered heading) or the rows of octets that hardware is named by.
    """
    for match in _IPV4.finditer(text):
        address = ipaddress.IPv4Address(match[0])
        if not any(address in block for block in _NO_PERSON_V4) and not _numbering(text, match):
            yield match.span()
    for match in _IPV6.finditer(text):
        groups = [group for group in match[0].split(":") if group]
        if len(groups) >= 3 and not all(len(group) == 2 for group in groups) and _is_public_v6(match[0]):
            yield match.span()


def _numbering(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 30) : match.start()]
    if _VERSION.search(before) and not before.endswith("//"):
        return True
    opens_line = not before.rpartition("\n")[2].strip()
    heading = re.match(r"\s+[^\W\d_]", text[match.end() : match.end() + 8]) is not None
    return opens_line and heading and all(int(part) <= 30 for part in match[0].split("."))


def _is_public_v6(written: str) -> bool:
    try:
        address = ipaddress.IPv6Address(written)
    except ValueError:
        return False
    inside = address.is_link_local or address.is_site_local or address.is_multicast or address.is_loopback
    return not inside and address not in ipaddress.IPv6Network("fc00::/7") and address.ipv4_mapped is None


def cards(text: str) -> Iterator[Place]:
    """Find payment card numbers: 13 to 19 digits grouped as on a card or not at all, a known issuer, the Luhn sum."""
    for match in at_numbers(text, _CARD):
        digits = re.sub(r"\D", "", match[0])
        named = _NO_CARD.search(text, max(0, match.start() - 40), match.start())
        if _ISSUERS.fullmatch(digits) and luhn(digits) and named is None:
            yield match.span()


def luhn(digits: str) -> bool:
    """Check the Luhn sum: from the right, every second digit doubled (less 9 above 9), all added, divides by 10."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(doubled)) % 10 == 0


def ibans(text: str) -> Iterator[Place]:
    """Find bank account numbers: the country's length, then digits of the rearranged number mod 97 = 1 (ISO 13616)."""
    for match in _IBAN_HEAD.finditer(text):
        length = _IBAN_LENGTHS.get(match[0][:2], 0)
        whole = re.compile(rf"[A-Z0-9](?:[ ]?[A-Z0-9]){{{length - 1}}}(?![A-Za-z0-9])").match(text, match.start())
        if length and whole is not None and mod97(whole[0].replace(" ", "")) == 1:
            yield whole.span()


def mod97(iban: str) -> int:
    """Move the first four characters to the end, write letters as 10 to 35, and return the number mod 97."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97
