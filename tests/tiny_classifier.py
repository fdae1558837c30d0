"""A sequence classifier of a few kilobytes, made on the spot: it knows some words, and was never fitted."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "you", "are", "a", "fool", "the", "bread", "is", "good", ".", "##s")


@functools.cache
def tiny_classifier(labels: tuple[str, ...] = ("neutral", "toxic"), *, several: bool = False, longest: int = 32) -> str:
    """Return the folder of a BERT of one layer with fixed random weights; `several` makes its labels independent."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification

    folder = Path(tempfile.mkdtemp(prefix="winnow-tiny-"))
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    BertWordPieceTokenizer(str(folder / "vocab.txt")).save(str(folder / "tokenizer.json"))
    marks = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    told = {"tokenizer_class": "BertTokenizerFast", "model_max_length": longest, **marks}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=longest,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        problem_type="multi_label_classification" if several else "single_label_classification",
    )
    before = torch.random.get_rng_state()
    torch.manual_seed(0)
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(8)
    torch.random.set_rng_state(before)
    model.save_pretrained(folder)
    return str(folder)
