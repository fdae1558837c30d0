"""Metadata in front and behind: hosts, what bears no loss, the plain share at the end, levels of quality."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from winnow.arrange.base import Tools
from winnow.arrange.metadata import MetadataPrefix, QualityMetadata, domain, host
from winnow.pool import Pool


def batch(urls: list[str | None], **columns: pa.Array) -> pa.RecordBatch:
    n = len(urls)
    return pa.RecordBatch.from_pydict({
        "doc_id": pa.array(range(n), pa.int64()), "text": pa.array([f"Text {row}." for row in range(n)], pa.large_string()),
        "url": pa.array(urls, pa.large_string()), "generated": pa.array([False] * n), **columns,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("url", "short", "whole"),
    [
        ("https://www.a.co.uk/x?y", "www.a.co.uk", "a.co.uk"),
        ("http://a.com?x=1", "a.com", "a.com"),  # released code keeps the query as the host
        ("https://ana:secret@Blog.Example.org:8080/p", "blog.example.org", "example.org"),
        ("en.wikipedia.org/wiki/Mill", "en.wikipedia.org", "wikipedia.org"),
        ("http://192.168.0.1/x", "192.168.0.1", "192.168.0.1"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_hosts_and_domains(url: str | None, short: str | None, whole: str | None) -> None:
    hosts = host(pa.array([url], pa.large_string()))
    assert hosts.to_pylist() == [short]
    assert domain(hosts).to_pylist() == [whole]


def test_the_text_itself_is_unchanged_and_the_prefix_bears_no_loss() -> None:
    given = batch(["https://en.wikipedia.org/wiki/Mill", None])
    method = MetadataPrefix(plain=0)
    made = method.transform(given, Tools(), 0.0)
    assert made.column("text").to_pylist() == ["URL: en.wikipedia.org\n\nText 0.", "URL: unknown\n\nText 1."]
    for row, text in enumerate(given.column("text").to_pylist()):
        masked = made.column("loss_mask_chars")[row].as_py()
        assert made.column("text")[row].as_py()[masked:] == text
        assert made.column("prefix")[row].as_py() == made.column("text")[row].as_py()[:masked]
    assert "phase" not in made.schema.names


def test_the_last_tenth_of_tokens_is_plain_and_disjoint() -> None:
    """1,000 documents of 10 tokens, 0.1: 100 documents; the others all have a prefix."""
    given = batch(["https://a.org/"] * 1000)
    method = MetadataPrefix()
    pool = Pool(np.arange(1000), np.full(1000, 10))
    made = method.transform(given, Tools(seed=5), method.prepare(pool, Tools(seed=5)))
    phase = made.column("phase").to_numpy()
    assert abs(int(phase.sum()) - 100) <= 1
    prefixed = np.array([bool(prefix) for prefix in made.column("prefix").to_pylist()])
    np.testing.assert_array_equal(prefixed, phase == 0)
    assert made.column("loss_mask_chars").to_numpy()[phase == 1].max() == 0


def test_the_plain_share_is_of_tokens_and_not_of_documents() -> None:
    """One document holds half of all tokens; half plain is within one document of half the tokens."""
    tokens = np.array([99, *[1] * 99])
    method = MetadataPrefix(plain=0.5)
    for seed in range(10):
        made = method.transform(
            batch(["https://a.org/"] * 100),
            Tools(seed=seed),
            method.prepare(Pool(np.arange(100), tokens), Tools(seed=seed)),
        )
        plain = tokens[made.column("phase").to_numpy() == 1].sum()
        assert abs(plain - 99) <= 99 / 2


def quality(values: list[float | None], **settings) -> pa.RecordBatch:
    given = batch([None] * len(values), quality=pa.array(values, pa.float64()))
    return QualityMetadata(**settings).transform(given, Tools(), None)


def test_levels_are_rounded_down_without_errors_of_floating_point() -> None:
    """floor(3.17 · 10) = 31; 0.29 · 100 is 28.999999999999996 in floating point, and its level is 29."""
    made = quality([3.17, None], dropout=0)
    assert made.column("text").to_pylist() == ["<boc>quality: 31<eoc>Text 0.", "Text 1."]
    assert made.column("loss_mask_chars").to_pylist() == [21, 0]
    assert quality([0.29], dropout=0, scale=100).column("metadata").to_pylist() == ["<boc>quality: 29<eoc>"]


def test_appended_levels_bear_loss() -> None:
    made = quality([0.5], dropout=0, where="append")
    assert made.column("text").to_pylist() == ["Text 0.<boc>quality: 5<eoc>"]
    assert made.column("loss_mask_chars").to_pylist() == [0]


def test_a_tenth_goes_without() -> None:
    """5,000 documents: 500 ± 4 standard deviations of sqrt(5000 · 0.1 · 0.9) = 21."""
    bare = sum(tag == "" for tag in quality([0.5] * 5000).column("metadata").to_pylist())
    assert abs(bare - 500) < 85


def test_few_levels_in_front_are_remarked_on() -> None:
    def remarks(values: np.ndarray, where: str) -> list[str]:
        return QualityMetadata(where=where).remarks(Pool(np.arange(100), np.ones(100), {"quality": values}))

    fine, coarse = np.linspace(0, 3, 100), np.repeat([0.3, 0.5], 50)
    assert len(remarks(coarse, "prepend")) == len(remarks(fine, "append")) == 1
    assert remarks(fine, "prepend") == remarks(coarse, "append") == []


def test_two_prefixes_are_masked_together() -> None:
    given = batch(["https://a.org/"], quality=pa.array([0.5]))
    once = MetadataPrefix(plain=0).transform(given, Tools(), 0.0)
    twice = QualityMetadata(dropout=0).transform(once, Tools(), None)
    text = twice.column("text")[0].as_py()
    assert text == "<boc>quality: 5<eoc>URL: a.org\n\nText 0."
    assert text[twice.column("loss_mask_chars")[0].as_py() :] == "Text 0."
