"""Writes e2e/fixtures/quantized/expected.{json,safetensors}: loss and adapter gradients of small models whose matrices hold
exactly what a weight format leaves of them: PyTorch on dequantized weights.

Weights, adapters and rows are made from formulas that src/training/testQuantized.ts repeats, so that none is stored:
  number i of a tensor = its hash as a fraction of 2^32, spread evenly over [-scale, scale) (norms: 1 + that)
q8, q4 and nf4 are quantized here by numpy and gguf-py. gguf-py writes no K-quants: k_quants.py makes plain ones, which
gguf-py reads back; attn v and the MLP's down projection are Q6_K, as in llama.cpp's mixtures, so that fused matrices hold
two types.

Run: python e2e/reference/quantized.py
"""

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, MistralConfig, Qwen2Config, Qwen3Config, logging

from k_quants import quantize_k
from lora_training import Row, loss_sum, trainable
from quantize_fixture import normal_float_table

logging.set_verbosity_error()

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "quantized"
HIDDEN, INNER, VOCABULARY, LAYERS = 256, 512, 301, 2
# bitsandbytes' constants, as the engine has them; quantize_fixture builds the same to 1e-7.
NF4 = np.float32(
    [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
     -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
     0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
)  # fmt: skip
assert np.abs(NF4 - normal_float_table()).max() < 2e-7

Q = gguf.GGMLQuantizationType
FORMATS = ["f32", "f16", "bf16", "q8", "q4", "nf4", "q4k", "q5k", "q6k"]
K_TYPES = {"q4k": Q.Q4_K, "q5k": Q.Q5_K, "q6k": Q.Q6_K}


@dataclass
class Family:
    config: object
    lora: dict


def sizes(**more):
    return dict(
        hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=4, num_key_value_heads=2, intermediate_size=INNER,
        vocab_size=VOCABULARY, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0, **more,
    )  # fmt: skip


ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
GPT2 = GPT2Config(
    n_embd=HIDDEN, n_head=4, n_layer=LAYERS, n_positions=64, vocab_size=VOCABULARY, n_inner=INNER, bos_token_id=1,
    eos_token_id=2, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
)  # fmt: skip
FAMILIES = {
    "llama": Family(LlamaConfig(**sizes(tie_word_embeddings=True)), dict(target_modules=ALL)),
    "mistral": Family(MistralConfig(**{**sizes(head_dim=64), "num_key_value_heads": 1}, sliding_window=None), dict(target_modules=["q_proj", "v_proj"])),
    "qwen2": Family(Qwen2Config(**sizes()), dict(target_modules=["k_proj", "o_proj"])),
    "qwen3": Family(Qwen3Config(**sizes(head_dim=64)), dict(target_modules=["q_proj", "up_proj"])),
    "gpt2": Family(GPT2, dict(target_modules=["c_attn", "mlp.c_fc", "mlp.c_proj"], fan_in_fan_out=True)),
}
RANK, ALPHA = 2, 4


def hashes(name: str, count: int) -> np.ndarray:
    """u32 per element: the finalizer of MurmurHash3 over a counter that starts at the name's CRC-32."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(zlib.crc32(name.encode()))
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        return h ^ (h >> np.uint32(16))


def numbers(name: str, shape, scale: float) -> np.ndarray:
    """f32, exact in both languages: 24 bits of the hash, a power of two apart, times a scale that is rounded to f32 first."""
    bits = hashes(name, int(np.prod(shape))) >> np.uint32(8)
    return ((bits.astype(np.float64) / 2**23 - 1).astype(np.float32) * np.float32(scale)).reshape(shape)


def as_q8(x: np.ndarray) -> np.ndarray:
    groups = x.reshape(-1, 32)
    scale = np.abs(groups).max(axis=1, keepdims=True) / np.float32(127)
    with np.errstate(divide="ignore"):
        inverse = np.where(scale == 0, 0, np.float32(1) / scale)
    scaled = groups * inverse
    return (np.sign(scaled) * np.floor(np.abs(scaled) + np.float32(0.5)) * scale).reshape(x.shape)


def as_nf4(x: np.ndarray) -> np.ndarray:
    groups = x.reshape(-1, 64)
    absmax = np.abs(groups).max(axis=1, keepdims=True)
    scaled = groups * (np.float32(1) / absmax)
    nearest = np.abs(scaled[:, :, None].astype(np.float64) - NF4.astype(np.float64)).argmin(axis=2)
    return (NF4[nearest] * absmax).reshape(x.shape)


def is_conv1d(family: str, name: str) -> bool:
    return family == "gpt2" and ".h." in name


def kept(family: str, format: str, name: str, x: np.ndarray) -> np.ndarray:
    """What the format leaves of a matrix given as its family stores it."""
    is_table = "embed" in name or "wte" in name or "lm_head" in name
    rows = np.ascontiguousarray(x.T if is_conv1d(family, name) else x)
    if format == "bf16":
        rows = torch.from_numpy(rows).bfloat16().float().numpy()
    elif format == "f16" or "wpe" in name and format != "f32":
        rows = rows.astype(np.float16).astype(np.float32)
    elif format == "q8" or is_table and format in ("q4", "nf4"):
        rows = as_q8(rows)
    elif format == "q4":
        rows = dequantize(quantize(rows, Q.Q4_1), Q.Q4_1)
    elif format == "nf4":
        rows = as_nf4(rows)
    elif format in K_TYPES and is_table:
        rows = dequantize(quantize(rows, Q.Q8_0), Q.Q8_0)
    elif format in K_TYPES:
        quantization = Q.Q6_K if "v_proj" in name or "down_proj" in name else K_TYPES[format]
        rows = dequantize(quantize_k(rows, quantization).reshape(rows.shape[0], -1), quantization)
    return rows.T if is_conv1d(family, name) else rows


def scale_of(family: str, name: str, shape) -> float:
    if len(shape) == 1:
        return 0.4
    if "wpe" in name:
        return 0.3
    if "embed" in name or "wte" in name or "lm_head" in name:
        return 0.12
    fan_in = shape[0] if is_conv1d(family, name) else shape[1]
    return 1.9 / fan_in**0.5


def weight(family: str, format: str, name: str, shape) -> np.ndarray:
    x = numbers(f"{family}/{name}", shape, scale_of(family, name, shape))
    if len(shape) == 1:
        return x + np.float32(1) if "norm" in name and "weight" in name or "ln_" in name and "weight" in name else x
    return np.ascontiguousarray(kept(family, format, name, x))


def rows() -> list[Row]:
    """Lengths 9, 33, 2 and 20; loss on the last half."""
    made = []
    for index, length in enumerate([9, 33, 2, 20]):
        ids = [3 + int(h) % (VOCABULARY - 3) for h in hashes(f"row {index}", length)]
        made.append(Row(ids, [1 if t >= max(1, length // 2) else 0 for t in range(length)]))
    return made


def lora_config(family: Family) -> LoraConfig:
    """On the lowest block only: its gradients have come through every matrix above."""
    return LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, layers_to_transform=[0], **family.lora)


def measure(name: str, family: Family, format: str, batch: list[Row]):
    model = AutoModelForCausalLM.from_config(family.config, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(weight(name, format, key, tuple(parameter.shape))))
        model.tie_weights()
    adapted = get_peft_model(model, lora_config(family)).eval()
    for key, parameter in trainable(adapted).items():
        scale = 1 / parameter.shape[1] ** 0.5 if "lora_A" in key else 0.15
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(numbers(key, tuple(parameter.shape), scale)))
    total, targets = loss_sum(adapted, batch)
    (total / targets).backward()
    return (total / targets).item(), {f"{name}/{format}/{k}": p.grad.clone() for k, p in trainable(adapted).items()}


def main() -> None:
    OUT.mkdir(exist_ok=True)
    batch = rows()
    losses, gradients = {}, {}
    for name, family in FAMILIES.items():
        losses[name] = {}
        for format in FORMATS:
            losses[name][format], found = measure(name, family, format, batch)
            gradients |= found
        print(name, {k: round(v, 4) for k, v in losses[name].items()})
    configs = {name: json.loads(family.config.to_json_string()) for name, family in FAMILIES.items()}
    lora = {name: sorted(family.lora["target_modules"]) for name, family in FAMILIES.items()}
    text = json.dumps({"configs": configs, "targets": lora, "rank": RANK, "alpha": ALPHA, "losses": losses}, indent=1)
    (OUT / "expected.json").write_text(text + "\n")
    save_file({k: v.contiguous() for k, v in gradients.items()}, OUT / "expected.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
