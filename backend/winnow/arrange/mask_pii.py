"""Personal data and secrets put out of sight, where the same value is always hidden behind the same name."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.arrange.base import Tools, Transform, with_columns
from winnow.errors import SettingError, nearest
from winnow.method import param
from winnow.pii.finder import KINDS, REGIONS, Span, find
from winnow.pii.identifiers import luhn, mod97

AREAS = (201, 202, 212, 213, 214, 301, 303, 305, 312, 313, 404, 415, 503, 512, 602, 614, 617, 702, 713, 718)
DOMAINS = ("example.com", "example.net", "example.org")
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")


@dataclass(frozen=True, kw_only=True)
class MaskPii(Transform):
    """Puts placeholders or harmless inventions in the place of personal data and secrets, or takes them out.

    What is found, and how surely, is what the scorer `pii` finds. Within a document a placeholder counts the distinct
    values of its kind, [EMAIL_1], [EMAIL_2]; over the corpus it carries 8 hexadecimal digits of BLAKE2b(key, seed, kind,
    value), [EMAIL_1b4e28ba], so that shards, batches and runs agree and nobody without the key can try values out: the
    key is what `key_file` holds, and a manifest names that file alone. Without one, numbers of few digits can be found by
    trying.
    Values that differ in letters' case, spaces or marks alone are one. Inventions belong to nobody: mailboxes at
    example.com, .net, .org (RFC 2606), telephone numbers 555-0100 to 555-0199, addresses of the networks for
    documentation (RFC 5737, RFC 3849), cards of an issuer 0 and accounts of a country XX whose check digits hold, social
    security numbers of area 000. There are 2,000 such telephone numbers and 762 IPv4 addresses: over a corpus two
    values may share one. No paper.
    """

    name: ClassVar[str] = "mask_pii"

    kinds: tuple[str, ...] = param(KINDS, "What is masked: " + ", ".join(KINDS) + ".")
    by: str = param(
        "placeholder",
        "What comes in its place: a placeholder such as [EMAIL_1], an invention of the same form, or nothing.",
        choices=("placeholder", "invention", "nothing"),
    )
    same: str = param(
        "document",
        "Where one value keeps one name: within a document, or over the corpus.",
        choices=("document", "corpus"),
    )
    key_file: str = param(
        "", "A file with a secret that names over the corpus depend on, so that nobody can find a value by trying."
    )
    regions: tuple[str, ...] = param(
        REGIONS, "Countries whose telephone numbers are found without a + and country code."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for kind in self.kinds:
            if kind not in KINDS:
                raise SettingError(f"mask_pii masks no '{kind}'", "", nearest(kind, KINDS))

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        texts = batch.column("text").cast(pa.large_string())
        found = find(texts, self.kinds, self.regions)
        if not found:
            return batch
        rows, ids = sorted(found), batch.column("doc_id").to_numpy()
        written = [self._masked(texts[row].as_py(), found[row], tools.seed, int(ids[row])) for row in rows]
        mask = np.zeros(len(batch), dtype=bool)
        mask[rows] = True
        changed = pc.replace_with_mask(texts, mask, pa.array(written, pa.large_string()))
        columns: dict[str, pa.Array] = {"text": changed.cast(batch.schema.field("text").type)}
        if "pii_spans" in batch.schema.names:
            # Places in the text that was there are none in the new one.
            spans = batch.column("pii_spans").to_pylist()
            kept = [[] if mask[row] else spans[row] for row in range(len(batch))]
            columns["pii_spans"] = pa.array(kept, batch.schema.field("pii_spans").type)
        return with_columns(batch, columns)

    def _masked(self, text: str, spans: list[Span], seed: int, doc_id: int) -> str:
        names = Names(self, f"{seed}\x00{doc_id if self.same == 'document' else ''}")
        parts, end = [], 0
        for start, stop, kind in spans:
            name = "" if self.by == "nothing" else names.of(kind, text[start:stop])
            between = text[end:start]
            parts += [between, name]
            # What is taken out leaves one space, not two.
            end = stop + (not name and text[stop : stop + 1] == " " and (not between or between[-1].isspace()))
        return "".join([*parts, text[end:]])


@dataclass
class Names:
    """The names that the values of one document have got."""

    method: MaskPii
    salt: str
    given: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, kind: str, value: str) -> str:
        same = (kind, plain(kind, value))
        if same not in self.given:
            self.given[same] = self._new(*same)
        return self.given[same]

    def _new(self, kind: str, value: str) -> str:
        digest = hashlib.blake2b(
            f"{self.salt}\x00{kind}\x00{value}".encode(), digest_size=8, key=_key(self.method.key_file)
        )
        if self.method.by == "placeholder" and self.method.same == "document":
            return f"[{kind.upper()}_{1 + sum(known == kind for known, _ in self.given)}]"
        if self.method.by == "placeholder":
            return f"[{kind.upper()}_{digest.hexdigest()[:8]}]"
        number, taken = int.from_bytes(digest.digest(), "big"), set(self.given.values())
        invention = invent(kind, value, number)
        # Two people of one document stay two, as far as the numbers go round.
        tries = 0 if self.method.same == "corpus" else 5000
        while invention in taken and tries:
            number, tries = number + 1, tries - 1
            invention = invent(kind, value, number)
        return invention


@functools.lru_cache(maxsize=4)
def _key(path: str) -> bytes:
    """Return 64 bytes from a file, none without one; raises SettingError when it cannot be read or is empty."""
    if not path:
        return b""
    try:
        secret = Path(path).read_bytes().strip()
    except OSError as reason:
        raise SettingError(f"mask_pii needs a key in '{path}'", str(reason), "--set mask_pii.key_file=PATH") from reason
    if not secret:
        raise SettingError(f"mask_pii needs a key in '{path}'", "the file is empty", "write a long random text into it")
    return hashlib.blake2b(secret).digest()


def plain(kind: str, value: str) -> str:
    """Return a value as it is compared: without what spelling alone changes."""
    if kind == "secret":
        return value
    if kind == "phone":
        return re.sub(r"\D", "", value)
    if kind == "ip":
        return str(ipaddress.ip_address(value))
    return value.casefold() if kind == "email" else re.sub(r"[^0-9A-Za-z]", "", value).upper()


def invent(kind: str, value: str, number: int) -> str:
    """Return something of the kind that belongs to nobody, the same for the same number."""
    return _INVENTIONS[kind](value, number)


def _card(value: str, number: int) -> str:
    body = f"0000{number % 10**11:011d}"
    digits = next(body + check for check in "0123456789" if luhn(body + check))
    return " ".join(digits[place : place + 4] for place in range(0, 16, 4))


def _iban(value: str, number: int) -> str:
    body = f"{number % 10**16:016d}"
    return f"XX{98 - mod97('XX00' + body):02d}{body}"


def _ip(value: str, number: int) -> str:
    if ":" in value:
        return str(ipaddress.IPv6Address((0x20010DB8 << 96) + number % 2**64))
    return f"{NETWORKS[number % 3]}.{1 + number // 3 % 254}"


_INVENTIONS: Mapping[str, Callable[[str, int], str]] = {
    "email": lambda value, number: f"person{number // 3 % 10**8:08d}@{DOMAINS[number % 3]}",
    "phone": lambda value, number: f"+1 {AREAS[number // 100 % len(AREAS)]}-555-01{number % 100:02d}",
    "ip": _ip,
    "card": _card,
    "iban": _iban,
    "national_id": lambda value, number: f"000-{1 + number % 99:02d}-{1 + number // 99 % 9999:04d}",
    "secret": lambda value, number: f"example-{number:016x}",
}
