"""Batches of texts for the tests of scorers, and texts that break things."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from hypothesis import strategies as st

HARD_TEXTS = (
    "",
    " \n\t ",
    "word",
    "a" * 3000,
    "A plain sentence of several ordinary words, ended well.",
    "two\n\n\nparagraphs\r\nand a carriage return\n",
    "مرحبا بالعالم، هذا نص من اليمين إلى اليسار.",
    "👩‍👩‍👧 family 🇫🇷 flags 👍🏽",
    "nul\x00 inside and \x0c a form feed \x1f unit",
    "zero\u200bwidth\u200djoiner \ufeff mark",
    "\u3000全角　スペース。日本語の文です。\u2028行",
    "e\u0301 combining, \u00a0no-break\u2009thin\u0085next line",
    "1234567890 " * 40,
    "same line.\n" * 30,
    "{ code(); } // javascript\n" * 5,
)
"""Texts that a scorer must take without failing."""

texts = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
        st.text("ab .\n\t\u00a0\u2028\u3000é", max_size=80),
        st.sampled_from(HARD_TEXTS),
    ),
    max_size=6,
)
"""Short lists of texts: any Unicode without surrogates, dense repetition, and the hard ones."""


def batch_of(documents: Sequence[str], first: int = 0) -> pa.RecordBatch:
    """Return a batch of the documents with dense doc_ids."""
    doc_ids = pa.array(range(first, first + len(documents)), pa.int64())
    return pa.record_batch({"doc_id": doc_ids, "text": pa.array(documents, pa.large_string())})
