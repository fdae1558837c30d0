"""Where a text holds a key, a token or a password that opens something."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from collections.abc import Iterator

from winnow.pii.identifiers import Place

LEAST_ENTROPY = 3.5
"""Bits per character that an assigned value must have, from its own letter counts: -Σ p log2 p."""

SUSPECTS = (
    r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|[sr]k_(?:live|test)_|AIza|sk-|hf_|npm_"
    r"|pypi-|SG\.|SK[0-9a-f]{8}|key-[0-9a-f]{8}|:AA[\w-]{8}|shp[a-z]{2}_|dop_v1_|dapi[0-9a-f]{8}|ya29\.|GOCSPX-"
    r"|hooks\.slack\.com/services/|AGE-SECRET-KEY|eyJ|-----BEGIN|://[^\s/@]+@"
    r"|(?i:key|secret|token|passw|pwd|credential|auth)[\w.\-]*[\"'\]]{0,2} {0,2}[:=]"
)
"""An RE2 pattern that every text with a secret matches."""

_FORMS: dict[str, str] = {
    "AKIA": "[A-Z2-7]{16}",
    "ASIA": "[A-Z2-7]{16}",
    "ABIA": "[A-Z2-7]{16}",
    "ACCA": "[A-Z2-7]{16}",
    "ghp_": "[A-Za-z0-9]{36,251}",
    "gho_": "[A-Za-z0-9]{36,251}",
    "ghu_": "[A-Za-z0-9]{36,251}",
    "ghs_": "[A-Za-z0-9]{36,251}",
    "ghr_": "[A-Za-z0-9]{36,251}",
    "github_pat_": "[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    "glpat-": r"[\w-]{20,64}",
    "xox": "[abeoprs]-[A-Za-z0-9-]{20,250}",
    "xapp-": r"\d-[A-Z0-9]{8,}-\d{8,}-[A-Za-z0-9]{32,}",
    "sk_": "(?:live|test)_[A-Za-z0-9]{16,247}",
    "rk_": "(?:live|test)_[A-Za-z0-9]{16,247}",
    "AIza": r"[\w-]{35}",
    "sk-": r"(?:[a-z]{2,10}[0-9]{0,2}-){0,2}[\w-]{32,200}",
    "hf_": "[A-Za-z0-9]{34,40}",
    "npm_": "[A-Za-z0-9]{36}",
    "pypi-": r"[\w-]{60,300}",
    "SG.": r"[\w-]{22}\.[\w-]{43}",
    "SK": "[0-9a-f]{32}",
    "key-": "[0-9a-f]{32}",
    "shp": "(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "dop_v1_": "[a-f0-9]{64}",
    "dapi": "[a-f0-9]{32}",
    "ya29.": r"[\w-]{30,400}",
    "GOCSPX-": r"[\w-]{28}",
    "hooks.slack.com/services/": "T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{20,30}",
    "AGE-SECRET-KEY-1": "[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
}
"""How the keys of services that mark theirs begin, and what follows."""

_KEYS = {mark: re.compile(rf"(?<![\w-]){re.escape(mark)}{rest}(?![\w-])", re.ASCII) for mark, rest in _FORMS.items()}
_BOT = re.compile(r"[0-9]{8,10}:AA[\w-]{33}(?![\w-])", re.ASCII)
_TOKEN = re.compile(r"(?<![\w-])(eyJ[\w-]{10,})\.eyJ[\w-]{8,}\.[\w-]{16,}(?![\w-])", re.ASCII)
_BLOCK = re.compile(
    r"-----BEGIN (?P<name>(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?)-----(?P<body>[^-]{64,20000}?)-----END (?P=name)-----"
)
_VALUE = re.compile(
    r"[:=]>?=? {0,2}(?P<quote>[\"'`]?)(?P<value>[A-Za-z0-9+/_=.~!@#^*-]{16,200})(?P=quote)(?![\w(\[{$<])"
)
_NAME = re.compile(
    r"(?:key|secret|token|passw(?:or)?d|passwd|pwd|credentials?|auth)(?:[_.-]?(?:id|value|string|base64))?[\"'\]]{0,2} {0,2}\Z",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"://[^\s/:@]{0,64}:(?P<value>[^\s/:@]{6,100})@[A-Za-z0-9\[]")
_MADE_UP = re.compile(
    r"example|sample|dummy|placeholder|change_?me|your|xxxx|\*\*\*|\.\.\.|1234567|abcdefg|redacted|password|foo_?bar|<|\$\{|%\(",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Za-z]+(?:[_.-][A-Za-z]+)*=*|[\d.,:_/-]+|[\w.-]*/[\w./-]*\.\w{1,5}")


def secrets(text: str) -> Iterator[Place]:
    """Find keys of the services that mark theirs, JSON Web Tokens, private key blocks, passwords in addresses, and values
    assigned to a name such as `api_key` that have at least 16 characters, letters and digits, and 3.5 bits a character.

    Values that show they stand for another ("your_key_here", "AKIA…EXAMPLE") are none, nor are words, paths, numbers and
    tokens whose header is no JSON.
    """
    yield from (match.span() for match in _BLOCK.finditer(text) if _MADE_UP.search(match["body"]) is None)
    for start in _places(text, "eyJ"):
        if (match := _TOKEN.match(text, start)) and _is_header(match[1]):
            yield match.span()
    for match in _marked(text):
        if len(set(match[0])) >= 10 and _MADE_UP.search(match[0]) is None:
            yield match.span()
    for match in _LOGIN.finditer(text):
        if _MADE_UP.search(match["value"]) is None and len(set(match["value"])) >= 5:
            yield match.span("value")
    for match in _VALUE.finditer(text):
        if is_random(match["value"]) and _NAME.search(text, max(0, match.start() - 40), match.start()):
            yield match.span("value")


def _marked(text: str) -> Iterator[re.Match[str]]:
    for mark, form in _KEYS.items():
        for start in _places(text, mark):
            if match := form.match(text, start):
                yield match
    yield from _BOT.finditer(text)


def _places(text: str, mark: str) -> Iterator[int]:
    place = text.find(mark)
    while place >= 0:
        yield place
        place = text.find(mark, place + 1)


def is_random(value: str) -> bool:
    """Say whether a value looks drawn by chance: letters and digits, no words or path, enough bits a character."""
    if _MADE_UP.search(value) or _WORDS.fullmatch(value) or not re.search(r"\d", value):
        return False
    letters = re.findall(r"[A-Za-z]", value)
    turns = len(re.findall(r"(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]|(?<=[a-z])[A-Z]", value))
    return len(letters) >= 4 and turns >= 3 and entropy(value) >= LEAST_ENTROPY - 0.5 * _is_hex(value)


def _is_hex(value: str) -> bool:
    # Sixteen letters carry at most four bits, and 32 of them drawn by chance about 3.5.
    return re.fullmatch(r"[0-9a-f-]+|[0-9A-F-]+", value) is not None


def entropy(value: str) -> float:
    """Return the bits per character of a text's own letter counts, -Σ p log2 p.

    >>> entropy("aabb"), entropy("abcd")
    (1.0, 2.0)
    """
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares)


def _is_header(written: str) -> bool:
    try:
        header = json.loads(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(header, dict) and "alg" in header
