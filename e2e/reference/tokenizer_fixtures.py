"""Writes e2e/fixtures/tokenizers/<kind>/{tokenizer.json,tokenizer_config.json,expected.json}: tiny tokenizers with the
pipelines of real families, and what the Rust `tokenizers` library makes of texts with odd Unicode.

Run: python e2e/reference/tokenizer_fixtures.py
"""

import json
import shutil
from pathlib import Path

import tiny_tokenizers
from tokenizers import Tokenizer

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "tokenizers"
KINDS = {
    "gpt2": dict(bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>"),
    "llama3": dict(bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>"),
    "qwen2": dict(eos_token="<|endoftext|>", pad_token="<|endoftext|>"),
    "smollm2": dict(bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>", unk_token="<|endoftext|>"),
    "llama2": dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>"),
    "metaspace": dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>"),
}
TEXTS = [
    # plain
    "",
    "a",
    "Hello, world!",
    "The river runs past the mill.",
    "name: The Copper Kettle | food: Italian",
    "It's late, we'll walk; they've gone, I'm here, you're there, he'd know.",
    "IT'S LATE, WE'LL WALK; THEY'VE GONE, I'M HERE, YOU'RE THERE, HE'D KNOW.",
    "it’s a curly apostrophe, don’t you think",
    "Ünïcödé cafés in Zürich; garçon, naïve, façade",
    # spaces and line ends
    " ",
    "  ",
    "     five before and after     ",
    "one  two   three    four",
    "trailing space ",
    "\n",
    "\n\n\n",
    "line one\nline two\r\nline three\rline four",
    "tabs\tand\t\tmore\ttabs\t",
    "  \n  indented\n\n    more\n\t\tdeep\n",
    "space before newline \n and after",
    "end with newlines\n\n",
    "non\u00a0breaking\u202fnarrow\u2009thin\u3000ideographic\u200bzero\ufeffbom",
    "line\u2028separator\u2029paragraph\u0085next\u000bvertical\u000cfeed",
    # numbers
    "0 1 12 123 1234 12345 1234567890",
    "3.14159, -2.5e10, 1,000,000, 50%, $9.99, #7",
    "x1y22z333 4th 5G H2O",
    "½ ¼ ¾ ⅓ 3½",
    "² ³ ¹ x² m³ ⁴ ₂ H₂O",
    "Ⅷ ⅷ ① ② ㊿ ㉑",
    "٣٤٥ ४५६ 一二三 １２３ 𝟘𝟙𝟚 𐄇",
    "12½34²56",
    # emoji
    "😀",
    "good 👍 better 👍🏽 best 👍🏿!",
    "👨‍👩‍👧‍👦 family 👩🏽‍💻 coder 🏳️‍🌈 flag 🇫🇷🇯🇵",
    "❤️ ☺️ ☺ ✈︎ 1️⃣ #️⃣",
    "text😀emoji🎉without🚀spaces",
    # combining and normal forms
    "e\u0301 é E\u0301 A\u030a Å \u212b",
    "n\u0303o\u0308 a\u0323\u0302 a\u0302\u0323 ậ",
    "\u0301 starts with a combining mark",
    "Z͑ͫ̓a̴͚l̵g̶o̷",
    "ﬁ ﬂ ﬀ ﷺ Ǆ ß ẞ ſ ı İ",
    "한국어 \u1112\u1161\u11ab 가각",
    # scripts
    "東京は今日も晴れです。",
    "今天天气很好，我们去公园吧！",
    "Привет, мир! Ёлка",
    "שלום עולם",
    "مرحبا بالعالم، كيف الحال؟",
    "\u202eright to left override\u202c and \u200fmark\u200e",
    "नमस्ते दुनिया क्षत्रिय",
    "ภาษาไทยไม่มีช่องว่าง",
    "Ελληνικά, ქართული, Հայերեն, አማርኛ",
    "𝕳𝖊𝖑𝖑𝖔 𝓦𝓸𝓻𝓵𝓭 𠮷野家 𓀀𓂀",
    # control characters and edges of Unicode
    "null\u0000byte bell\u0007 escape\u001b[0m delete\u007f",
    "\u0001\u0002\u0003\u001f\u0080\u009f",
    "private \ue000\uf8ff replacement \ufffd noncharacter \ufffe\uffff",
    "soft\u00adhyphen word\u2060joiner zwnj\u200cx zwj\u200dx",
    # code and punctuation
    "def area(width, height):\n    return width * height  # 3.14\n",
    "for (let i=0;i<10;i++){sum+=a[i]*b[i];}//done",
    "!!!???...---___***///\\\\\\|||",
    "« guillemets » “quotes” ‘single’ – — … • · §",
    "C:\\path\\to\\file.txt https://example.org/a?b=c&d=%20#e",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "MiXeDcAsE snake_case kebab-case",
    "▁ already there ▁▁ twice",
    # special tokens in the text
    "<s>between</s> <unk> and more",
    "a<|endoftext|>b <|endoftext|> c",
    "<|im_start|>user\nHi<|im_end|>\n<|begin_of_text|><|eot_id|>",
    "<|im_start |> not quite special <0x41>",
]


def write(kind: str, specials: dict[str, str]) -> None:
    folder = FOLDER / kind
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    getattr(tiny_tokenizers, kind)().save(str(folder / "tokenizer.json"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, **specials}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    lines = []
    for text in TEXTS:
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        record = {
            "text": text,
            "ids": plain,
            "idsWithSpecial": tokenizer.encode(text, add_special_tokens=True).ids,
            "decoded": tokenizer.decode(plain, skip_special_tokens=False),
            "decodedWithoutSpecial": tokenizer.decode(plain, skip_special_tokens=True),
        }
        lines.append(json.dumps(record))
    (folder / "expected.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{kind}: {tokenizer.get_vocab_size()} tokens, {len(TEXTS)} texts")


if __name__ == "__main__":
    for kind, specials in KINDS.items():
        write(kind, specials)
