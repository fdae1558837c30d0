from __future__ import annotations

from dataclasses import replace

import pytest

from winnow.lm.likelihood import MOST_LOGITS, windows_at_once
from winnow.prove.predict import LAYING_BYTES, WORKER_BYTES, Laying, memory, predict
from winnow.prove.tiers import TIERS

CI = TIERS["ci"]


def test_a_worker_is_its_libraries_and_what_its_runs_hold() -> None:
    # ci on bytes: 2 layers of 64 with 192 hidden units, 4 · 128 places a step, 64 · 128 read at once.
    weights = 16 * (257 * 64 + 2 * (4 * 64**2 + 3 * 64 * 192 + 2 * 64) + 64)
    step = 4 * 512 * (2 * (10 * 64 + 4 * 192) + 3 * 257)
    evaluation = 4 * 8192 * (3 * 257 + 4 * 192 + 8 * 64)
    tokens = 8 * 524_288 + 8 * 1024 * 4
    assert memory(CI, 257) == WORKER_BYTES + weights + step + evaluation + tokens


def test_a_larger_vocabulary_needs_more_and_no_more_logits_than_are_read_at_once() -> None:
    assert memory(CI, 2048) - memory(CI, 257) > 4 * 3 * 8192 * (2048 - 257)
    assert windows_at_once(64, 128, 257) == 64
    assert windows_at_once(64, 512, 16_384) * 512 * 16_384 == MOST_LOGITS
    assert windows_at_once(64, 1 << 20, 1 << 20) == 1


def test_all_processes_are_counted_once_there_are_several() -> None:
    small = replace(CI, tokens=5_120)
    laying = Laying(documents=1000, bytes=25e6, learnt_from=2.5e6)
    alone = predict(small, 257, 2, 1000, 1, laying=laying)
    # 100 MB for reading 25 MB of text, 1 kB for each document; one worker is the process that lays out.
    assert alone.bytes == alone.worker + 100e6 + 1e6
    beside = predict(small, 257, 2, 1000, 2, laying=laying)
    assert beside.bytes == LAYING_BYTES + 101e6 + 2 * beside.worker
    # A second for the text and one for the byte pairs.
    assert laying.seconds == pytest.approx(2.0)
    assert alone.minutes > 2 / 60


def test_more_workers_than_runs_are_not_started() -> None:
    small = replace(CI, tokens=5_120)
    assert predict(small, 257, 2, 1000, 8).bytes == predict(small, 257, 2, 1000, 2).bytes


def test_a_table_on_the_disk_is_not_held_in_memory() -> None:
    # 200 MB of texts, and 1,000 or 250 bytes a document.
    assert Laying(10**6, bytes=1e9).memory == 1.2e9
    assert Laying(10**6, bytes=1e9, on_disk=True).memory == 0.45e9
