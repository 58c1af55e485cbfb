"""Pairs to token rows: encode(prompt) with the leading special tokens, encode(target) without, then the end token.

Loss on target and end token.  Too long: tokens are cut from the left of the context, after the leading special
tokens; a target that alone (with leading and end tokens) does not fit leaves the row out.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

from lora_training import Row


def read_pairs(path: Path, strip: bool = False) -> list[dict]:
    """Rows {context, target} of a .jsonl file or of `context||target` lines (the first || divides), text as it stands unless strip."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    if path.suffix == ".jsonl":
        pairs = [json.loads(line) for line in lines]
    else:
        pairs = [dict(zip(("context", "target"), line.rstrip("\r").split("||", 1), strict=True)) for line in lines]
    if strip:
        pairs = [{name: text.strip() for name, text in pair.items()} for pair in pairs]
    return pairs


def leading_special(tokenizer: Tokenizer) -> list[int]:
    """What the post-processor puts before an empty text's tokens (it must not add anything after them)."""
    encoding = tokenizer.encode("a", add_special_tokens=True)
    first = encoding.special_tokens_mask.index(0)
    assert 1 not in encoding.special_tokens_mask[first:], "this tokenizer also adds trailing special tokens"
    return encoding.ids[:first]


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> list[int]:
    return tokenizer.encode(prompt, add_special_tokens=True).ids


def encode_pair(tokenizer: Tokenizer, prompt: str, target: str, eos: int, max_length: int) -> Row | None:
    """The row of one pair, or None where the target alone does not fit."""
    leading = leading_special(tokenizer)
    context = encode_prompt(tokenizer, prompt)[len(leading) :]
    answer = tokenizer.encode(target, add_special_tokens=False).ids + [eos]
    room = max_length - len(leading) - len(answer)
    if room < 0:
        return None
    context = context[max(0, len(context) - room) :]
    ids = leading + context + answer
    return Row(ids, [0] * (len(ids) - len(answer)) + [1] * len(answer))
