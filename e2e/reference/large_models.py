"""Models of real sizes with random weights, to try what only size brings out: shards, files past 2 and 4 GB, memory.

Usage: python e2e/reference/large_models.py qwen2|llama TOKENIZER_JSON OUT
TOKENIZER_JSON is a byte-level BPE tokenizer, such as SmolLM2's; it is grown to the size of the real model's by merges of
its own tokens. qwen2 has the shape of Qwen2.5-0.5B (1 GB in bf16), llama that of Llama-3.2-1B (2.5 GB, in two shards; 8 GB
of memory while it is run here).

OUT/model             a transformers folder in bf16
OUT/adapter           a PEFT adapter, r = 8 on q, k, v, o and down, B not zero
OUT/base.npy, OUT/adapter.npy    [tokens, vocabulary] f32: logits in f32, without the adapter and with it
OUT/expected.json     the token ids of those, and eight greedy tokens after them

check_onnx.py and check_gguf.py take the model, `rankwise logits --ids …` the ids.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config

LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 32.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192,
}
CONFIGS = {
    "qwen2": Qwen2Config(
        vocab_size=151936, hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14,
        num_key_value_heads=2, max_position_embeddings=32768, rms_norm_eps=1e-6, tie_word_embeddings=True,
        rope_theta=1e6, bos_token_id=151643, eos_token_id=151645,
    ),
    "llama": LlamaConfig(
        vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, num_attention_heads=32,
        num_key_value_heads=8, head_dim=64, max_position_embeddings=131072, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_theta=5e5, rope_scaling=LLAMA3_ROPE, bos_token_id=128000, eos_token_id=128001,
    ),
}  # fmt: skip
# Plain tokens, then special ones: fewer than the model has rows in Qwen's case, as it is there.
TOKENS = {"qwen2": (151643, 22), "llama": (128000, 256)}


def random_model(config):
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.02)
            elif "norm" in name:
                parameter.normal_(1, 0.1)
    return model


def grown(tokenizer: dict, plain: int, special: int) -> dict:
    """The tokenizer with `plain` tokens of its own kind, each new one a merge of two short ones, and special ones after."""
    model = tokenizer["model"]
    old = {token["content"] for token in tokenizer["added_tokens"]}
    tokens = [token for token, _ in sorted(model["vocab"].items(), key=lambda item: item[1]) if token not in old]
    merges = [merge if isinstance(merge, list) else merge.split(" ") for merge in model["merges"]]
    short, known, chance = [token for token in tokens if len(token) <= 8], set(tokens), random.Random(3)
    while len(tokens) < plain:
        pair = chance.choice(short), chance.choice(short)
        if "".join(pair) not in known and "Ġ" not in pair[1]:
            known.add("".join(pair))
            tokens.append("".join(pair))
            merges.append(list(pair))
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added = [{"id": plain + i, "content": f"<|special_{i}|>", **flags} for i in range(special)]
    vocab = {token: i for i, token in enumerate(tokens)}
    return {**tokenizer, "added_tokens": added, "model": {**model, "vocab": vocab, "merges": merges}}


@torch.no_grad()
def run(model, ids: list[int]):
    prompt = torch.tensor([ids])
    made = model.generate(input_ids=prompt, max_new_tokens=8, do_sample=False, eos_token_id=None)
    return model(prompt).logits[0].numpy(), made[0, len(ids) :].tolist()


def main() -> None:
    kind, tokenizer_file, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    config = CONFIGS[kind]
    random_model(config).save_pretrained(out / "model", max_shard_size="2GB")
    plain, special = TOKENS[kind]
    tokenizer = grown(json.loads(tokenizer_file.read_text()), plain, special)
    (out / "model/tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))
    names = {"eos_token": f"<|special_{config.eos_token_id - plain}|>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (out / "model/tokenizer_config.json").write_text(json.dumps(names))

    base = AutoModelForCausalLM.from_pretrained(out / "model", dtype=torch.float32).eval()
    # Rows of the first, a middle and the last part of the table.
    ids = [487, 2348, 6337, 16421, 26986, 673, 243, 23773, config.vocab_size - 1, config.vocab_size // 2, 7]
    logits, made = run(base, ids)
    np.save(out / "base.npy", logits)
    torch.manual_seed(5)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "down_proj"]
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=16, target_modules=targets)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.02)
    model.save_pretrained(out / "adapter", save_embedding_layers=False)
    logits, adapted = run(model, ids)
    np.save(out / "adapter.npy", logits)
    (out / "expected.json").write_text(json.dumps({"ids": ids, "base": made, "adapter": adapted}))


if __name__ == "__main__":
    main()
