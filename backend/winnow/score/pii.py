"""Where a document may name a person's contacts, accounts and numbers, or holds a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.method import param
from winnow.pii.finder import KINDS, REGIONS, Span, find
from winnow.score.base import SPANS, Scorer, Values


@dataclass(frozen=True, kw_only=True)
class Pii(Scorer):
    """Finds e-mail addresses, telephone numbers, IP addresses, cards, bank accounts, national ids and secrets.

    `pii` counts them all, `pii_<kind>` each kind, `pii_spans` says where (code points, end exclusive, sorted, never
    overlapping). Cards must meet the Luhn sum, IBANs their country's length and mod 97, telephone numbers the numbering
    plan of their country, numbers of persons (19 countries) their check digits or a word that names them; secrets are
    keys of known services, tokens, private keys and random values assigned to a name such as `api_key`. Private network
    addresses and version numbers do not count. Made for precision: names, postal addresses and numbers without a usual
    form are not found.
    """

    name: ClassVar[str] = "pii"
    version: ClassVar[int] = 2

    regions: tuple[str, ...] = param(
        REGIONS, "Countries whose telephone numbers are found without a + and country code."
    )

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"pii": pa.int32(), **{f"pii_{kind}": pa.int32() for kind in KINDS}, "pii_spans": SPANS}

    def score(self, batch: pa.RecordBatch, prepared: Any) -> Mapping[str, Values]:
        texts = batch.column("text").cast(pa.large_string()).fill_null("")
        found = find(texts, regions=self.regions)
        counts = {kind: np.zeros(len(texts), dtype=np.int32) for kind in KINDS}
        for row, spans in found.items():
            for _, _, kind in spans:
                counts[kind][row] += 1
        return {
            "pii": np.sum(list(counts.values()), axis=0, dtype=np.int32),
            **{f"pii_{kind}": counts[kind] for kind in KINDS},
            "pii_spans": _spans(found, len(texts)),
        }


def _spans(found: Mapping[int, list[Span]], texts: int) -> pa.Array:
    counts = np.zeros(texts + 1, dtype=np.int32)
    counts[[row + 1 for row in found]] = [len(spans) for spans in found.values()]
    flat = [span for row in sorted(found) for span in found[row]]
    starts, ends, kinds = ([span[part] for span in flat] for part in range(3))
    fields = [pa.array(starts, pa.int32()), pa.array(ends, pa.int32()), pa.array(kinds, pa.string())]
    structs = pa.StructArray.from_arrays(fields, fields=list(SPANS.value_type))
    return pa.ListArray.from_arrays(pa.array(np.cumsum(counts), pa.int32()), structs, type=SPANS)
