"""Models and adapters of shapes that the fixtures do not have, with their expected numbers, in a folder of their own:
head sizes of 2 to 256, groups of seven heads, one layer, 33 tokens, ranks larger than the matrix, fractional and negative
alphas, ranks and alphas by pattern, excluded modules, GPT-2 with a head of its own, a window of three, rows of one token
and of hundreds, steps of more rows than there are.

    python e2e/reference/odd_models.py FOLDER [CASE…]
    RANKWISE_PARITY=FOLDER/ npx vitest run src/training/parity.test.ts -t 'PEFT (loss|twenty)'
"""

import random
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import GPT2Config, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config

import parity
import tiny_models
from lora_training import Row
from tiny_models import ATTENTION, GPT2_SIZES, MLP, NO_DROPOUT, Case, _rope, _sizes, case_seed, save_model

PLAIN = _rope(10000.0)
YARN = _rope(10000.0, rope_type="yarn", factor=4.0, original_max_position_embeddings=512)
GPT2 = {**GPT2_SIZES, **NO_DROPOUT, "n_embd": 33, "vocab_size": 33}

CASES = [
    Case(
        "one-layer-large-rank",
        LlamaConfig(**_sizes(21, 1, 3, 1, 33, 33, head_dim=10), rope_parameters=PLAIN),
        dict(target_modules="all-linear", r=40, lora_alpha=0.5),
    ),
    Case(
        "groups-of-seven",
        Qwen2Config(**_sizes(42, 1, 7, 1, 19, 33, tie_word_embeddings=True), rope_parameters=PLAIN),
        dict(target_modules="all-linear", r=5, lora_alpha=3.7),
    ),
    Case(
        "layers-apart",
        Qwen2Config(**_sizes(56, 4, 14, 2, 29, 35), rope_parameters=PLAIN),
        dict(target_modules=["q_proj", "o_proj", "up_proj"], r=3, lora_alpha=7, layers_to_transform=[0, 3]),
    ),
    Case(
        "wide-heads",
        Qwen3Config(**_sizes(16, 2, 2, 1, 8, 33, head_dim=256), rope_parameters=PLAIN),
        dict(target_modules=ATTENTION + MLP, r=3, lora_alpha=1, use_rslora=True),
    ),
    Case(
        "patterns",
        LlamaConfig(**_sizes(14, 3, 7, 7, 23, 41, attention_bias=True, mlp_bias=True), rope_parameters=PLAIN),
        dict(
            target_modules=r".*\.(1|2)\..*(q_proj|v_proj|down_proj)",
            r=4,
            lora_alpha=8,
            rank_pattern={"q_proj": 2, r"model\.layers\.2\.self_attn\.v_proj": 7},
            alpha_pattern={"down_proj": 0.25, "layers.1.*v_proj": -3},
            use_rslora=True,
        ),
    ),
    Case(
        "excluded",
        LlamaConfig(**_sizes(24, 3, 4, 2, 31, 37), rope_parameters=PLAIN),
        dict(
            target_modules=["q_proj", "v_proj", "gate_proj"],
            exclude_modules=["model.layers.1.self_attn.q_proj", "layers.2.mlp.gate_proj"],
            r=4,
            lora_alpha=8,
        ),
    ),
    Case(
        "window",
        MistralConfig(**_sizes(24, 2, 6, 2, 31, 37, 512, head_dim=4), sliding_window=3, rope_parameters=PLAIN),
        dict(target_modules=ATTENTION, r=4, lora_alpha=8),
        long_rows=True,
    ),
    Case(
        "long",
        LlamaConfig(**_sizes(16, 1, 4, 1, 24, 33, 2048, head_dim=4), rope_parameters=YARN),
        dict(target_modules=ATTENTION, r=4, lora_alpha=8),
        long_rows=True,
    ),
    Case(
        "gpt2-own-head",
        GPT2Config(**{**GPT2, "n_head": 1, "n_layer": 1}, n_inner=7, tie_word_embeddings=False),
        dict(target_modules=["c_attn", "c_fc", "attn.c_proj", "mlp.c_proj"], r=64, lora_alpha=16, fan_in_fan_out=True),
    ),
    Case(
        "gpt2-scaled-by-layer",
        GPT2Config(**{**GPT2, "n_layer": 3}, scale_attn_by_inverse_layer_idx=True),
        dict(target_modules=["c_attn", "mlp.c_fc"], r=2, lora_alpha=-4, fan_in_fan_out=True),
    ),
]


def random_row(rng: random.Random, length: int, vocab: int) -> Row:
    """As parity's; a row of one token carries no loss."""
    return several(rng, length, vocab) if length > 1 else Row([rng.randrange(3, vocab)], [0])


def save_adapter(case: Case, model, folder: Path) -> None:
    """As PEFT saves it, with random A and B."""
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, bias="none", **case.lora))
    generator = torch.Generator().manual_seed(case_seed(case.name) + 1)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            noise = torch.randn(parameter.shape, generator=generator)
            with torch.no_grad():
                parameter.copy_(noise * (parameter.shape[1] ** -0.5 if "lora_A" in name else 0.15))
    adapted.save_pretrained(folder, save_embedding_layers=False)


if __name__ == "__main__":
    torch.set_num_threads(1)
    tiny_models.PARITY = parity.PARITY = Path(sys.argv[1])
    several, parity.random_row = parity.random_row, random_row
    parity.BATCH_LENGTHS = [9, 33, 1, 20, 14]
    parity.LONG_BATCH_LENGTHS = [9, 301, 1, 120]
    parity.TRAINING_LENGTHS = [12, 1, 21, 8, 17]  # a step takes six rows
    for case in CASES:
        if not sys.argv[2:] or case.name in sys.argv[2:]:
            folder = parity.PARITY / case.name
            model = save_model(case.config, folder / "model", case_seed(case.name))
            save_adapter(case, model, folder / "adapter")
            parity.make(case)
