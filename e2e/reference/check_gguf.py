"""Opens the GGUF files that we write with gguf's own reader, and holds every tensor against the model it is of.

Usage: python e2e/reference/check_gguf.py FILE.gguf --model FOLDER       # a model; FOLDER: the same, merged, in f32
       python e2e/reference/check_gguf.py FILE.gguf --adapter FOLDER --model BASE_FOLDER      # a LoRA adapter; PEFT's folder

Tensors in F32 must be equal, in F16 rounded to nearest, in Q8_0 and Q4_0 the blocks that gguf.quants makes; blocks of
other types (kept from a GGUF base) are only dequantized. An adapter's alpha / rank · B·A must be PEFT's update.
Prints what is wrong; exit code 1 if anything is.
"""

import argparse
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.numpy import load_file

ARCHITECTURES = {"gpt2": "gpt2", "llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}


def permute(weights: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's convert_hf_to_gguf.py."""
    halves = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return halves.swapaxes(1, 2).reshape(weights.shape)


def field(reader: gguf.GGUFReader, key: str):
    return reader.get_field(key).contents()


class Model:
    def __init__(self, folder: Path):
        self.config = json.loads((folder / "config.json").read_text())
        self.is_gpt2 = self.config["model_type"] == "gpt2"
        self.architecture = ARCHITECTURES[self.config["model_type"]]
        self.layers = self.config["n_layer" if self.is_gpt2 else "num_hidden_layers"]
        number = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == self.architecture)
        self.names = gguf.get_tensor_name_map(number, self.layers)

    def gguf_name(self, name: str) -> str | None:
        return self.names.get_name(name, try_suffixes=(".weight", ".bias"))

    def rows_in_gguf(self, name: str, rows: np.ndarray) -> np.ndarray:
        """[out, …] in the order of the file."""
        if self.architecture != "llama":
            return rows
        if ".attn_q." in name:
            return permute(rows, self.config["num_attention_heads"])
        return permute(rows, self.config["num_key_value_heads"]) if ".attn_k." in name else rows

    def turned(self, name: str, values: np.ndarray) -> np.ndarray:
        """[out, in]: GPT-2's matrices lie the other way round."""
        return values.T if self.is_gpt2 and values.ndim == 2 and name.startswith("blk.") else values


def check_model(reader: gguf.GGUFReader, model: Model, weights: dict[str, np.ndarray]) -> list[str]:
    problems = []
    expected = {}
    for name, values in weights.items():
        new = model.gguf_name(name)
        if new is not None:
            expected[new] = model.rows_in_gguf(new, model.turned(new, values.astype(np.float32)))
    found = {tensor.name: tensor for tensor in reader.tensors}
    tied = model.config.get("tie_word_embeddings", model.is_gpt2)
    missing = expected.keys() - found.keys() - ({"output.weight"} if tied else set())
    problems += [f"{name} is missing" for name in sorted(missing)]
    problems += [f"{name} is not the model's" for name in sorted(found.keys() - expected.keys() - {"rope_freqs.weight"})]
    for name in sorted(found.keys() & expected.keys()):
        tensor, wanted = found[name], np.ascontiguousarray(expected[name])
        kind = tensor.tensor_type
        values = dequantize(tensor.data, kind).reshape(wanted.shape)
        if not np.isfinite(values).all():
            problems.append(f"{name} ({kind.name}) is not finite")
        if kind in (Type.F32, Type.F16, Type.Q8_0, Type.Q4_0):
            blocks = quantize(wanted, kind)
            if blocks.tobytes() != tensor.data.tobytes():
                problems.append(f"{name} ({kind.name}) differs from gguf's, by {np.abs(values - wanted).max()} at most")
    return problems


def check_adapter(reader: gguf.GGUFReader, model: Model, folder: Path) -> list[str]:
    config = json.loads((folder / "adapter_config.json").read_text())
    if config["rank_pattern"] or config["alpha_pattern"]:
        raise SystemExit("adapters with patterns are not compared here")
    factors = load_file(folder / "adapter_model.safetensors")
    divisor = np.sqrt(config["r"]) if config["use_rslora"] else config["r"]
    alpha = field(reader, "adapter.lora.alpha")
    found = {tensor.name: dequantize(tensor.data, tensor.tensor_type) for tensor in reader.tensors}
    problems = []
    for key in [key for key in factors if ".lora_A." in key]:
        name = model.gguf_name(key.removeprefix("base_model.model.").replace(".lora_A.weight", ".weight"))
        down, up = found.pop(f"{name}.lora_a", None), found.pop(f"{name}.lora_b", None)
        if down is None or up is None:
            problems.append(f"{name} is missing")
            continue
        ours = alpha / down.shape[0] * up.astype(np.float64) @ down
        theirs = config["lora_alpha"] / divisor * factors[key.replace("_A.", "_B.")].astype(np.float64) @ factors[key]
        theirs = model.rows_in_gguf(name, theirs)
        error = np.abs(ours - theirs).max() / np.abs(theirs).max()
        if not error < 1e-6:
            problems.append(f"{name}: the update differs by {error}")
    return problems + [f"{name} is not the adapter's" for name in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    arguments = parser.parse_args()
    reader = gguf.GGUFReader(arguments.file)
    model = Model(arguments.model)
    problems = []
    if field(reader, "general.architecture") != model.architecture:
        problems.append(f"general.architecture is {field(reader, 'general.architecture')}")
    if arguments.adapter is None:
        shards = sorted(arguments.model.glob("model*.safetensors"))
        problems += check_model(reader, model, {name: w for shard in shards for name, w in load_file(shard).items()})
        tokens = len(field(reader, "tokenizer.ggml.tokens"))
        if tokens != model.config["vocab_size"]:
            problems.append(f"{tokens} tokens for {model.config['vocab_size']} rows")
    else:
        problems += check_adapter(reader, model, arguments.adapter)
    types = sorted({tensor.tensor_type.name for tensor in reader.tensors})
    for problem in problems:
        print(f"{arguments.file.name}: {problem}")
    print(f"{arguments.file.name}: {len(reader.tensors)} tensors, {', '.join(types)}: {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
