"""Writes e2e/fixtures/model/rotary.json: cosines and sines of rotary positions as transformers computes them.

Each case is a config.json in the old or the new form; `rows` are its positions, `cosSin` their [headDim] values, cosines
of the pairs and then sines, as Python prints the f32.

Usage: python e2e/reference/rotary.py   (torch and transformers installed)
"""

import json
from pathlib import Path

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

OUT = Path(__file__).parents[1] / "fixtures" / "model" / "rotary.json"
POSITIONS = [0, 1, 2, 7, 63, 500, 1023, 2047, 8191]
BASE = {"hidden_size": 64, "num_attention_heads": 4, "max_position_embeddings": 2048}
LLAMA3 = {"factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 512}

CASES = {
    "default": BASE,
    "default, large theta": {**BASE, "head_dim": 64, "rope_theta": 1000000.0},
    "default, new form": {**BASE, "head_dim": 18, "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0}},
    "linear, type": {**BASE, "rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 2.5}},
    "llama3": {**BASE, "head_dim": 64, "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", **LLAMA3}},
    "llama3, new form": {
        **BASE,
        "head_dim": 20,
        "rope_parameters": {"rope_type": "llama3", "rope_theta": 10000.0, **LLAMA3, "high_freq_factor": 8.0},
    },
    "yarn": {
        **BASE,
        "head_dim": 64,
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512},
    },
    "yarn, original length from the model's": {**BASE, "rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
    "yarn, mscale": {
        **BASE,
        "head_dim": 48,
        "rope_parameters": {
            "rope_type": "yarn",
            "rope_theta": 50000.0,
            "factor": 40.0,
            "original_max_position_embeddings": 256,
            "mscale": 0.7,
            "mscale_all_dim": 1.3,
        },
    },
    "yarn, attention factor, betas, not truncated": {
        **BASE,
        "rope_parameters": {
            "rope_type": "yarn",
            "rope_theta": 10000.0,
            "factor": 8.0,
            "original_max_position_embeddings": 256,
            "attention_factor": 0.75,
            "beta_fast": 24.0,
            "beta_slow": 2.0,
            "truncate": False,
        },
    },
}


def main() -> None:
    cases = []
    for name, config in CASES.items():
        rotary = LlamaRotaryEmbedding(LlamaConfig(**json.loads(json.dumps(config))))
        cos, sin = rotary(torch.zeros(1), torch.tensor([POSITIONS]))
        half = cos.shape[-1] // 2
        rows = torch.cat([cos[0, :, :half], sin[0, :, :half]], dim=-1)
        cases.append({"name": name, "config": config, "headDim": 2 * half, "cosSin": rows.tolist()})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"positions": POSITIONS, "cases": cases}) + "\n")


main()
