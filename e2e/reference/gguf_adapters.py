"""GGUF LoRA adapters written with the gguf package alone: e2e/fixtures/gguf/adapter-<case>.gguf.

Made from the PEFT folders of e2e/fixtures/parity as llama.cpp's loader wants them: rows of B permuted for q and k of the
llama architecture, alpha·sqrt(r) for rsLoRA. One is in f16, one has no alpha (its factors scaled so that B·A is the update).

Run: python e2e/reference/gguf_adapters.py
"""

import json
from pathlib import Path

import gguf
import numpy as np
from gguf_fixtures import ARCHITECTURES, permute
from safetensors.numpy import load_file

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CASES = {
    "llama-biases": ("llama", np.float32, True),
    "gpt2": ("gpt2", np.float32, True),
    "qwen3": ("qwen3", np.float16, True),
    "mistral": ("llama", np.float32, False),
}


def write_adapter(case: str, architecture: str, dtype: type, has_alpha: bool) -> None:
    folder = FIXTURES / "parity" / case
    model = json.loads((folder / "model/config.json").read_text())
    config = json.loads((folder / "adapter/adapter_config.json").read_text())
    layers = model["n_layer" if architecture == "gpt2" else "num_hidden_layers"]
    names = gguf.get_tensor_name_map(ARCHITECTURES[architecture], layers)
    rank = config["r"]
    alpha = config["lora_alpha"] * (np.sqrt(rank) if config["use_rslora"] else 1)
    writer = gguf.GGUFWriter(FIXTURES / "gguf" / f"adapter-{case}.gguf", architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    if has_alpha:
        writer.add_float32("adapter.lora.alpha", float(alpha))
    factors = load_file(folder / "adapter/adapter_model.safetensors")
    for key in sorted(key for key in factors if ".lora_A." in key):
        name = names.get_name(key.removeprefix("base_model.model.").replace(".lora_A", ""), try_suffixes=(".weight",))
        down, up = factors[key], factors[key.replace(".lora_A.", ".lora_B.")]
        if not has_alpha:
            up = up * np.float32(alpha / rank)
        if architecture == "llama" and ".attn_q." in name:
            up = permute(up, model["num_attention_heads"])
        if architecture == "llama" and ".attn_k." in name:
            up = permute(up, model["num_key_value_heads"])
        writer.add_tensor(f"{name}.lora_a", np.ascontiguousarray(down, dtype))
        writer.add_tensor(f"{name}.lora_b", np.ascontiguousarray(up, dtype))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    for case, (architecture, dtype, has_alpha) in CASES.items():
        write_adapter(case, architecture, dtype, has_alpha)
