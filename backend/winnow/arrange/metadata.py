"""Metadata in front of texts, or behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.arrange.base import Tools, Transform, uniform, with_columns
from winnow.method import Paper, param
from winnow.pool import Floats, Pool

UNKNOWN = "unknown"
"""What stands for missing metadata."""

SECOND_LEVELS = "ac co com edu gob go gov ltd me mil ne net nom or org plc sch"
"""Names below a country's domain that are no site's own, as in a.co.uk."""

MASK = {"prefix": pa.large_string(), "loss_mask_chars": pa.int64()}
"""What stands in front of a text, and how many of its characters bear no loss."""


def joined(*parts: pa.Array | str) -> pa.Array:
    """Join texts row by row."""
    wide = [pa.scalar(one, pa.large_string()) if isinstance(one, str) else one.cast(pa.large_string()) for one in parts]
    return pc.binary_join_element_wise(*wide, pa.scalar("", pa.large_string()))


def prepended(batch: pa.RecordBatch, prefixes: pa.Array) -> pa.RecordBatch:
    """Return the batch with a prefix before each text, without loss; earlier prefixes come after it and stay masked."""
    names = batch.schema.names
    earlier = batch.column("prefix") if "prefix" in names else pa.array([""] * len(batch), pa.large_string())
    prefix, text = joined(prefixes, earlier), joined(prefixes, batch.column("text"))
    masked = pc.utf8_length(prefix).cast(pa.int64())
    return with_columns(batch, {"text": text, "prefix": prefix, "loss_mask_chars": masked})


def host(urls: pa.Array) -> pa.Array:
    """Return the host of each address, without user, port, path and query: lower case, null where there is none."""
    bare = pc.replace_substring_regex(urls, r"^\s*[A-Za-z][A-Za-z0-9+.-]*://", "")
    named = pc.replace_substring_regex(bare, r"(?s)[/?#\s].*$", "")
    plain = pc.utf8_lower(pc.replace_substring_regex(named, r"^.*@|:\d+$|\.$", ""))
    return pc.if_else(pc.equal(plain, ""), None, plain)


def domain(hosts: pa.Array) -> pa.Array:
    """Return the registered domain of each host: two labels, three below a country's co, ac, gov and the like."""
    levels = SECOND_LEVELS.replace(" ", "|")
    pattern = rf"(?P<domain>[^.]+\.(?:(?:{levels})\.[a-z][a-z]|[^.]+))$"
    numbers = pc.match_substring_regex(hosts, r"^[\d.]+$")
    found = pc.struct_field(pc.extract_regex(hosts, pattern), "domain")
    return pc.coalesce(pc.if_else(numbers, hosts, found), hosts)


@dataclass(frozen=True, kw_only=True)
class MetadataPrefix(Transform):
    """Puts where a document comes from in front of it, except in the last share of training (MeCo).

    text = label + ": " + value + blank line + text, value from the address (host, domain or all of it) or from a column;
    missing values are "unknown". `prefix` and `loss_mask_chars` say what training must leave out of the loss. Documents
    with `plain` of the tokens, by hash(seed, doc_id), keep their bare text with an empty prefix and phase 1, and are
    written last: without this cooldown a model gets worse where it meets no metadata. The text itself is not changed.
    Hosts leak fewer personal handles than whole addresses. Domains follow a short list of second levels (co.uk and the
    like), not the Public Suffix List. Source: arXiv 2501.01956 (10 % plain, host names).
    """

    name: ClassVar[str] = "metadata_prefix"
    paper: ClassVar[Paper] = Paper("Metadata Conditioning Accelerates Language Model Pre-training", "2501.01956", 2025)
    tags: ClassVar[bool] = True

    column: str = param("url", "Which column is put in front: url, source, or a column of names.")
    form: str = param("host", "What of an address is written.", choices=("host", "domain", "whole"))
    label: str = param("URL", "What is written before the value.")
    plain: float = param(0.1, "The share of tokens, written last, that keeps its bare text.", low=0, high=1)

    def needs(self) -> frozenset[str]:
        return frozenset({self.column} - {"url", "source", "id"})

    def columns(self) -> Mapping[str, pa.DataType]:
        return {**MASK, "phase": pa.int64()} if self.plain else dict(MASK)

    def remarks(self, pool: Pool) -> list[str]:
        if not self.plain:
            return ["Without a plain share at the end a model gets worse where it meets no metadata (MeCo uses 0.1)."]
        return []

    def prepare(self, pool: Pool, tools: Tools) -> Any:
        """Return the number below which a document's own chance makes it plain."""
        chance = pool.uniform(tools.seed, "plain")
        order = np.argsort(chance)
        after = np.cumsum(pool.tokens[order])
        taken = int((after - pool.tokens[order] / 2 < self.plain * after[-1]).sum()) if len(after) and self.plain else 0
        return float(chance[order[taken - 1]]) if taken else 0.0

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        plain = pa.array(uniform(batch, tools.seed, "plain") <= prepared)
        values = batch.column(self.column).cast(pa.large_string())
        if self.column == "url" and self.form != "whole":
            values = host(values) if self.form == "host" else domain(host(values))
        lines = joined(f"{self.label}: ", pc.fill_null(values, UNKNOWN), "\n\n")
        made = prepended(batch, pc.if_else(plain, "", lines))
        return with_columns(made, {"phase": plain.cast(pa.int64())}) if self.plain else made


@dataclass(frozen=True, kw_only=True)
class QualityMetadata(Transform):
    """Writes the level of a score in front of a document, without loss, or behind it, with loss (Beyond URLs).

    level = floor(value · scale); the tag is open + label + ": " + level + close. Prepend fine levels (the paper's best
    is floor(score · 10), 25 to 50), append coarse ones: there the model learns to judge, and fine levels did worse. A
    share of documents, by hash(seed, doc_id), goes without, so that the model also meets bare text; so do documents
    without a value. It is written once a document, where the paper repeats it on each part of a long one.
    Source: arXiv 2511.21613. A reconstruction from a summary of the paper.
    """

    name: ClassVar[str] = "quality_metadata"
    paper: ClassVar[Paper] = Paper(
        "Beyond URLs: Metadata Diversity and Position for Efficient LLM Pretraining", "2511.21613", 2025
    )
    reconstruction: ClassVar[bool] = True
    tags: ClassVar[bool] = True

    column: str = param("quality", "The score whose level is written.", column="number")
    scale: float = param(10.0, "The value is multiplied by this before it is rounded down to a level.", low=1e-9)
    where: str = param("prepend", "In front without loss, or behind with loss.", choices=("prepend", "append"))
    dropout: float = param(0.1, "The share of documents that go without.", low=0, high=1)
    label: str = param("quality", "What is written before the level.")
    open: str = param("<boc>", "What opens the tag.")
    close: str = param("<eoc>", "What closes the tag.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def columns(self) -> Mapping[str, pa.DataType]:
        return {**MASK, "metadata": pa.large_string()}

    def levels(self, values: Floats) -> Floats:
        """Return floor(value · scale), rounding errors left out: 0.29 · 100 is 29."""
        found: Floats = np.floor(np.round(values * self.scale, 9))
        return found

    def remarks(self, pool: Pool) -> list[str]:
        known = self.levels(pool.number(self.column))
        distinct = len(np.unique(known[~np.isnan(known)]))
        if self.where == "prepend" and distinct < FEW_LEVELS:
            return [
                f"'{self.column}' has {distinct} levels here: prepended, fewer than about {FEW_LEVELS} helped little."
            ]
        if self.where == "append" and distinct > FEW_LEVELS:
            return [f"'{self.column}' has {distinct} levels here: appended, coarse levels did better than fine ones."]
        return []

    def transform(self, batch: pa.RecordBatch, tools: Tools, prepared: Any) -> pa.RecordBatch:
        values = np.array(batch.column(self.column).cast(pa.float64()).to_numpy(zero_copy_only=False))
        bare = np.isnan(values) | (uniform(batch, tools.seed, "quality_metadata") < self.dropout)
        levels = pa.array(self.levels(np.where(np.isnan(values), 0, values))).cast(pa.int64()).cast(pa.large_string())
        tags = joined(f"{self.open}{self.label}: ", levels, self.close)
        tags = pc.if_else(pa.array(bare), "", tags).cast(pa.large_string())
        if self.where == "prepend":
            made = prepended(batch, tags)
        else:
            made = prepended(batch, pa.array([""] * len(batch), pa.large_string()))
            made = with_columns(made, {"text": joined(made.column("text"), tags)})
        return with_columns(made, {"metadata": tags})


FEW_LEVELS = 8
"""Below about so many levels, quality in front of texts did not help."""
