"""Writes e2e/fixtures/tokenizerParts/pipelines.json: parts of tokenizer.json files of many kinds around three small models,
and the ids and texts that the Rust `tokenizers` library gives. The models' merges cross spaces, so that every cut shows.

Run: python e2e/reference/tokenizer_pipelines.py
"""

import json
from pathlib import Path

from tiny_tokenizers import TEXT
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "tokenizerParts" / "pipelines.json"
SPECIALS = ["<unk>", "<s>", "</s>"]
TEXTS = [
    "The river runs past  the mill.",
    "a,b;c 12.5 -3 x½²y ٣",
    " \t It's LATE\r\n\r\nHe'd   know \n",
    "Ünïcödé É e\u0301 ﬁ Å Σας ΟΔΟΣ İı",
    "no\u00a0break\u3000wide\u2028line\u0085next\ufeffbom\u200bzero",
    "東京は晴れ 👩🏽\u200d💻 𝕳𝖊𝖑𝖑𝖔",
    "a<mask> b  <mask>c word words sword word, <TOOL> <tool>",
    "▁ already ▁▁ </s>there\u0007\u001f",
]


def byte_level_model():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=SPECIALS, initial_alphabet=alphabet, max_token_length=6, show_progress=False
    )
    tokenizer.train_from_iterator(TEXT.splitlines(keepends=True) * 4, trainer)
    return json.loads(tokenizer.to_str())["model"]


def sentencepiece_model():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    trainer = trainers.BpeTrainer(vocab_size=260, special_tokens=SPECIALS, max_token_length=6, show_progress=False)
    tokenizer.train_from_iterator([line for line in TEXT.splitlines() if "東" not in line] * 4, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    for byte in range(256):
        model["vocab"].setdefault(f"<0x{byte:02X}>", len(model["vocab"]))
    return {**model, "byte_fallback": True, "fuse_unk": True}


def unigram_model():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=160, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TEXT.splitlines() * 4, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    model["vocab"] += [[f"<0x{byte:02X}>", 0.0] for byte in range(256)]
    return {**model, "byte_fallback": True}


def part(component) -> dict:
    """The JSON of a normalizer, pre-tokenizer or decoder."""
    return json.loads(component.__getstate__())


def split(pattern, behavior, invert=False) -> dict:
    return part(pre_tokenizers.Split(Regex(pattern), behavior, invert))


def before_bytes(*parts, use_regex=False) -> dict:
    last = part(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex))
    return {"type": "Sequence", "pretokenizers": [*parts, last]}


def token(id: int, content: str, **flags) -> dict:
    plain = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
    return {"id": id, "content": content, **plain, **flags}


BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
BYTES = part(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
PIECES = part(
    decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
)
ADDED = [(500, "<mask>"), (501, "word"), (502, "<TOOL>")]


def cases():
    """Model, parts by the names that tokenizer.json has."""
    for behavior in BEHAVIORS:
        for invert in (False, True):
            yield f"split {behavior} {invert}", "bytes", dict(pre_tokenizer=before_bytes(split(r"\s+|\d", behavior, invert)))
        punctuation = part(pre_tokenizers.Punctuation(behavior))
        yield f"punctuation {behavior}", "bytes", dict(pre_tokenizer=before_bytes(punctuation))
    for name, pre in {
        "text": pre_tokenizers.Split(".", "merged_with_next"),
        "whitespace": pre_tokenizers.Whitespace(),
        "whitespace split": pre_tokenizers.WhitespaceSplit(),
        "bert": pre_tokenizers.BertPreTokenizer(),
        "delimiter": pre_tokenizers.CharDelimiterSplit("e"),
        "digits": pre_tokenizers.Digits(False),
        "each digit": pre_tokenizers.Digits(True),
    }.items():
        yield f"cut by {name}", "bytes", dict(pre_tokenizer=before_bytes(part(pre)))
    yield "prefix space", "bytes", dict(pre_tokenizer=part(pre_tokenizers.ByteLevel(add_prefix_space=True)))
    for name, normalizer in {
        "NFC": normalizers.NFC(),
        "NFKD": normalizers.NFKD(),
        "lowercase": normalizers.Lowercase(),
        "strip": normalizers.Strip(),
        "strip left": normalizers.Strip(left=True, right=False),
        "accents": normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
        "replaced": normalizers.Replace("a", "$&"),
        "replaced pattern": normalizers.Replace(Regex(r"\s{2,}"), "$1"),
        "prepended": normalizers.Prepend("_"),
        "NMT": normalizers.Nmt(),
        "BERT": normalizers.BertNormalizer(),
        "BERT with accents": normalizers.BertNormalizer(lowercase=True, strip_accents=False, handle_chinese_chars=False),
    }.items():
        yield f"normalized: {name}", "bytes", dict(normalizer=part(normalizer), pre_tokenizer=BYTES)
    yield "normalized to bytes", "bytes", dict(normalizer=part(normalizers.ByteLevel()))
    for flags in ({"lstrip": True}, {"rstrip": True}, {"single_word": True}, {"normalized": True}, {"special": True}):
        added = [token(id, content, **flags) for id, content in ADDED]
        lowercase = part(normalizers.Lowercase())
        yield f"added {flags}", "bytes", dict(pre_tokenizer=BYTES, added_tokens=added)
        yield f"added {flags}, lowercase", "bytes", dict(pre_tokenizer=BYTES, added_tokens=added, normalizer=lowercase)
    yield "added bytes", "bytes", dict(pre_tokenizer=BYTES, added_tokens=[token(500, "é"), token(501, " a"), token(502, "東")])
    for scheme in ("first", "always", "never"):
        for is_split in (False, True):
            metaspace = dict(replacement="▁", prepend_scheme=scheme, split=is_split)
            pre = part(pre_tokenizers.Metaspace(**metaspace))
            decoder = part(decoders.Metaspace(**metaspace))
            added = [token(560, "<mask>"), token(561, "word", normalized=True)]
            yield f"metaspace {scheme} {is_split}", "pieces", dict(pre_tokenizer=pre, decoder=decoder, added_tokens=added)
    yield "metaspace after a split", "pieces", dict(
        pre_tokenizer={
            "type": "Sequence",
            "pretokenizers": [split(r"\d", "isolated"), part(pre_tokenizers.Metaspace(prepend_scheme="first", split=False))],
        }
    )
    yield "old metaspace", "pieces", dict(pre_tokenizer={"type": "Metaspace", "replacement": "▁", "add_prefix_space": True})
    yield "no unknown", "pieces", dict(model=dict(unk_token=None, byte_fallback=False))
    yield "unknown, not fused", "pieces", dict(model=dict(byte_fallback=False, fuse_unk=False))
    yield "unigram with bytes", "unigram", dict(pre_tokenizer=part(pre_tokenizers.Metaspace()), normalizer=part(normalizers.NFKC()))
    yield "unigram", "unigram", dict(pre_tokenizer=part(pre_tokenizers.Metaspace()), model=dict(byte_fallback=False))


def main() -> None:
    bases = {"bytes": byte_level_model(), "pieces": sentencepiece_model(), "unigram": unigram_model()}
    records = []
    for name, base, parts in cases():
        decoder = part(decoders.ByteLevel()) if base == "bytes" else PIECES
        defaults = dict(normalizer=None, pre_tokenizer=None, decoder=decoder, added_tokens=[], post_processor=None)
        parts = {**defaults, **parts}
        parts["added_tokens"] = [token(id, text, special=True) for id, text in enumerate(SPECIALS)] + parts["added_tokens"]
        model = {**bases[base], **parts.pop("model", {})}
        tokenizer = Tokenizer.from_str(json.dumps({"version": "1.0", **parts, "model": model}))
        # Rust numbers added tokens itself: after the model's, or as the model has them.
        parts["added_tokens"] = json.loads(tokenizer.to_str())["added_tokens"]
        changed = {key: value for key, value in model.items() if value != bases[base].get(key)}
        texts = []
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            texts.append([ids, tokenizer.decode(ids, skip_special_tokens=False)])
        records.append({"name": name, "base": base, "parts": parts, "model": changed, "expected": texts})
    lines = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records]
    head = json.dumps({"bases": bases, "texts": TEXTS}, ensure_ascii=False, separators=(",", ":"))[:-1]
    OUT.write_text(head + ',\n"cases":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")
    print(f"{len(records)} pipelines, {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
