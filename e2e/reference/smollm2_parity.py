"""PEFT's numbers for a real model, to hold ours against: logits, ten training steps, greedy text before and after.

Usage: python e2e/reference/smollm2_parity.py MODEL_FOLDER PAIRS_FILE OUT [--strip]
MODEL_FOLDER is a transformers folder of SmolLM2-135M-Instruct in f32 (any causal model does); PAIRS_FILE has
`context||target` lines or is .jsonl; --strip takes the spaces off both ends of context and target.

OUT/adapter           the starting adapter: r = 8 on q and v, alpha 16, B = 0
OUT/adapter-after-5, OUT/adapter-after-10   the same after that many steps
OUT/pairs.jsonl       the first 40 pairs, text exactly as used
OUT/logits.npy        [tokens, vocabulary] f32 of the base model for expected.json's logits.ids
OUT/expected.json     the rows as token ids, settings, a record per step, generated text and ids
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from greedy import greedy
from lora_training import train
from token_rule import encode_pair, encode_prompt, read_pairs

SETTINGS = {
    "optimizer": "adamw",
    "learningRate": 1e-3,
    "weightDecay": 0.0,
    "betas": [0.9, 0.999],
    "eps": 1e-8,
    "clip": 1.0,
    "schedule": "constant",
    "warmup": 0,
    "steps": 10,
    "batch": 4,
    "accumulate": 1,
}
MAX_LENGTH = 512
TEMPLATE = "{context}\n"
LOGITS_PROMPT = "The quick brown fox jumps over 12 lazy dogs; naïve café owners in Zürich paid 3½ € for it."
BASE_PROMPTS = [
    "The capital of France is",
    "Once upon a time, there was a little",
    "def fibonacci(n):\n",
    "<|im_start|>user\nWhat is the tallest mountain on Earth?<|im_end|>\n<|im_start|>assistant\n",
]
RESTAURANTS = [
    "name : Alimentum | area : city centre | family friendly : no",
    "name : The Punter | Type : coffee shop | food : Italian | price : cheap | customer rating : high",
    "name : Cotto | food : Italian | price : cheap | family friendly : yes",
]


def generations(model, tokenizer: Tokenizer, prompts: list[str], eos: int, tokens: int) -> list[dict]:
    results = []
    for prompt in prompts:
        prompt_ids = encode_prompt(tokenizer, prompt)
        ids, margin = greedy(model, prompt_ids, eos, tokens)
        text = tokenizer.decode(ids)
        results.append({"prompt": prompt, "promptIds": prompt_ids, "ids": ids, "text": text, "smallestMargin": margin})
        print(f"  {prompt!r} → {text!r} (margin {margin:.3f})")
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--strip", action="store_true")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)

    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    base = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    eos = base.config.eos_token_id
    pairs = read_pairs(options.pairs, options.strip)[: SETTINGS["steps"] * SETTINGS["batch"]]
    lines = [json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs]
    (out / "pairs.jsonl").write_text("".join(lines), encoding="utf-8")
    prompts = [TEMPLATE.replace("{context}", pair["context"]) for pair in pairs]
    rows = [
        encode_pair(tokenizer, prompt, pair["target"], eos, MAX_LENGTH)
        for prompt, pair in zip(prompts, pairs, strict=True)
    ]

    ids = encode_prompt(tokenizer, LOGITS_PROMPT)
    with torch.no_grad():
        np.save(out / "logits.npy", base(torch.tensor([ids])).logits[0].numpy())
    print("base:")
    restaurant_prompts = [TEMPLATE.replace("{context}", context) for context in RESTAURANTS]
    before = generations(base, tokenizer, BASE_PROMPTS + restaurant_prompts, eos, 32)

    torch.manual_seed(42)
    lora = LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"])
    model = get_peft_model(base, lora)
    model.save_pretrained(out / "adapter", save_embedding_layers=False)
    started = time.time()

    def on_step(record: dict) -> None:
        print(f"  step {record['step']}: loss {record['loss']:.6f}, norm {record['gradientNorm']:.4f}", flush=True)
        if record["step"] in (5, 10):
            model.save_pretrained(out / f"adapter-after-{record['step']}", save_embedding_layers=False)

    records = train(model, rows, SETTINGS, on_step)
    print(f"{SETTINGS['steps']} steps in {time.time() - started:.0f} s; after them:")
    after = generations(model, tokenizer, restaurant_prompts, eos, 64)
    expected = {
        "logits": {"text": LOGITS_PROMPT, "ids": ids},
        "template": TEMPLATE,
        "maxLength": MAX_LENGTH,
        "rows": [{"ids": row.ids, "lossMask": row.loss_mask} for row in rows],
        "settings": SETTINGS,
        "steps": records,
        "base": before,
        "afterTenSteps": after,
    }
    (out / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
