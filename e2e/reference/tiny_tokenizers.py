"""Small tokenizers trained on our own few lines of text, in the exact pipeline of real model families."""

import json

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

TEXT = """The river runs past the mill and the old stone bridge.
A small cafe near the station serves soup, bread and coffee until 9 pm.
Name: The Copper Kettle | food: Italian | price: cheap | area: riverside
The Copper Kettle is a cheap Italian place by the river.
Name: Blue Heron | food: French | price: high | family friendly: yes
Blue Heron serves French food, costs more and welcomes families.
SELECT name, price FROM dishes WHERE price < 12 AND kind = 'soup';
Question: how many trains leave after 17:45? Answer: 3 of 28.
It's late, we'll walk; they've gone, I'm here, you're there, he'd know, DON'T shout.
def area(width, height):\n    return width * height  # 3.14 or 1,000,000
Les élèves étaient déjà là. Der Fluß fließt über die Brücke. 東京は今日も晴れです。 Привет, мир!
"""

SPLIT_WITH_SINGLE_DIGITS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPLIT_WITH_THREE_DIGITS = SPLIT_WITH_SINGLE_DIGITS.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
"""The patterns that Qwen2's and Llama-3's tokenizer.json carry."""


def _special(content: str) -> AddedToken:
    return AddedToken(content, special=True, normalized=False)


def _template(tokenizer: Tokenizer, first: str | None, last: str | None = None) -> processors.TemplateProcessing:
    pieces = [piece for piece in (first, "$A", last) if piece]
    named = [(token, tokenizer.token_to_id(token)) for token in (first, last) if token]
    pair = pieces + [f"{piece}:1" for piece in pieces[:-1]] + ["$B:1"] if last is None else None
    return processors.TemplateProcessing(single=" ".join(pieces), pair=" ".join(pair) if pair else None, special_tokens=named)


def _with(tokenizer: Tokenizer, model: dict | None = None, **fields) -> Tokenizer:
    """The tokenizer with fields of its JSON replaced: training and the Python classes drop some of them."""
    parsed = json.loads(tokenizer.to_str())
    parsed["model"].update(model or {})
    parsed.update(fields)
    return Tokenizer.from_str(json.dumps(parsed))


NO_AFFIXES = {"continuing_subword_prefix": "", "end_of_word_suffix": ""}
PLAIN_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


def _train(tokenizer: Tokenizer, vocab_size: int, specials: list[str], alphabet: list[str]) -> Tokenizer:
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[_special(token) for token in specials],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXT.splitlines(keepends=True) * 4, trainer)
    return tokenizer


def ascii_bpe(vocab_size: int) -> Tokenizer:
    """Byte-level BPE over printable ASCII and newline only: small enough for vocabularies just past 100."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[_special("<unk>"), _special("<s>"), _special("</s>")],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    only_ascii = "".join(letter for letter in TEXT if ord(letter) < 127)
    tokenizer.train_from_iterator(only_ascii.splitlines(keepends=True) * 4, trainer)
    return tokenizer


def gpt2(vocab_size: int = 400) -> Tokenizer:
    """GPT-2: byte-level with its own regex, no special tokens added."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=True, trim_offsets=False)
    _train(tokenizer, vocab_size, ["<|endoftext|>"], pre_tokenizers.ByteLevel.alphabet())
    return _with(tokenizer, NO_AFFIXES)


def _split_then_bytes(pattern: str, trim_offsets: bool) -> pre_tokenizers.Sequence:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=trim_offsets, use_regex=False),
        ]
    )


def llama3(vocab_size: int = 400) -> Tokenizer:
    """Llama-3: numbers in threes, `ignore_merges`, and <|begin_of_text|> before every text.

    The last piece, " indented", is one that no merge reaches: only ignore_merges finds it.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _split_then_bytes(SPLIT_WITH_THREE_DIGITS, trim_offsets=True)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    _train(tokenizer, vocab_size - 1, specials, pre_tokenizers.ByteLevel.alphabet())
    vocab = json.loads(tokenizer.to_str())["model"]["vocab"] | {"Ġindented": vocab_size - 1}
    tokenizer = _with(tokenizer, {"ignore_merges": True, "vocab": vocab})
    bytes_first = processors.ByteLevel(add_prefix_space=True, trim_offsets=False)
    tokenizer.post_processor = processors.Sequence([bytes_first, _template(tokenizer, "<|begin_of_text|>")])
    return tokenizer


def qwen2(vocab_size: int = 400) -> Tokenizer:
    """Qwen2, Qwen2.5, Qwen3: NFC, numbers digit by digit, no special tokens added."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _split_then_bytes(SPLIT_WITH_SINGLE_DIGITS, trim_offsets=False)
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    _train(tokenizer, vocab_size, specials, pre_tokenizers.ByteLevel.alphabet())
    return _with(tokenizer, NO_AFFIXES, post_processor=PLAIN_BYTES, decoder=PLAIN_BYTES)


def smollm2(vocab_size: int = 400) -> Tokenizer:
    """SmolLM2: every numeric character on its own (`Digits`), then GPT-2's regex."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    _train(tokenizer, vocab_size, specials, pre_tokenizers.ByteLevel.alphabet())
    return _with(tokenizer, NO_AFFIXES)


def tekken(vocab_size: int = 400) -> Tokenizer:
    """Mistral's Tekken: words cut where capitals follow small letters, numbers digit by digit, `ignore_merges`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _split_then_bytes(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        trim_offsets=True,
    )
    tokenizer.decoder = decoders.ByteLevel()
    _train(tokenizer, vocab_size, ["<unk>", "<s>", "</s>"], pre_tokenizers.ByteLevel.alphabet())
    tokenizer = _with(tokenizer, {"ignore_merges": True})
    tokenizer.post_processor = _template(tokenizer, "<s>")
    return tokenizer


def deepseek_coder(vocab_size: int = 400) -> Tokenizer:
    """DeepSeek-Coder: line ends, words, punctuation, Chinese and digits cut one after another."""
    tokenizer = Tokenizer(models.BPE())
    patterns = [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-\ud7ff]+"]
    splits = [pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False) for pattern in patterns]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*splits, pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return _train(tokenizer, vocab_size, ["<bos>", "<eos>"], pre_tokenizers.ByteLevel.alphabet())


def _sentencepiece_model(vocab_size: int) -> models.BPE:
    """Pieces with ▁ for a space; what no piece covers falls back to 256 byte tokens <0x00>..<0xFF>."""
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    only_latin = [line for line in TEXT.splitlines() if "東" not in line]
    specials = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(vocab_size=vocab_size - 256, special_tokens=specials, show_progress=False)
    trained.train_from_iterator(only_latin * 4, trainer)
    model = json.loads(trained.to_str())["model"]
    pieces = sorted(model["vocab"], key=model["vocab"].get)
    ordered = specials + [f"<0x{byte:02X}>" for byte in range(256)] + pieces[len(specials) :]
    vocab = {piece: index for index, piece in enumerate(ordered)}
    merges = [tuple(pair) for pair in model["merges"]]
    return models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)


def _sentencepiece_decoder() -> decoders.Sequence:
    return decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )


def llama2(vocab_size: int = 560) -> Tokenizer:
    """Llama-2 and TinyLlama: ▁ put in by the normalizer, no pre-tokenizer, byte fallback, <s> first."""
    tokenizer = Tokenizer(_sentencepiece_model(vocab_size))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = _sentencepiece_decoder()
    tokenizer.add_special_tokens([_special(token) for token in ("<unk>", "<s>", "</s>")])
    tokenizer.post_processor = _template(tokenizer, "<s>")
    return tokenizer


def metaspace(vocab_size: int = 560) -> Tokenizer:
    """Mistral and newer conversions of Llama-2: a Metaspace pre-tokenizer (first section only), byte fallback."""
    tokenizer = Tokenizer(_sentencepiece_model(vocab_size))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    tokenizer.decoder = _sentencepiece_decoder()
    tokenizer.add_special_tokens([_special(token) for token in ("<unk>", "<s>", "</s>")])
    tokenizer.post_processor = _template(tokenizer, "<s>")
    return tokenizer
