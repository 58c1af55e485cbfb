"""A base in GGUF files as the transformers folder that it came from, its blocks widened to floats: what loads in every launch.

transformers' own reading of GGUF leaves out biases, heads of their own width, rotary factors and files in parts; here each
tensor is read as Rankwise reads it, by the list in settings.json. The folder is kept beside train.py and made once.
"""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

SHARD_BYTES = 2_000_000_000
SOURCE = "source.json"


def parts_of(first: Path) -> list[Path]:
    """The file, or all parts `NAME-00001-of-0000N.gguf` of the model that it is one of."""
    match = re.fullmatch(r"(.*)-\d{5}-of-(\d{5})\.gguf", first.name, re.IGNORECASE)
    count = int(match[2]) if match else 1
    files = [first.with_name(f"{match[1]}-{i + 1:05}-of-{match[2]}.gguf") for i in range(count)] if match else [first]
    for file in files:
        if not file.exists():
            raise SystemExit(f"{file}: missing; put it beside {first.name}" if len(files) > 1 else f"{file}: no such file")
    return files


def widened(first: Path, tensors: dict[str, dict], small: Path, out: Path, dtype: torch.dtype) -> Path:
    """The folder `out`. tensors: by GGUF's name what transformers makes of it; small: its files but the weights."""
    files = parts_of(first)
    source = {"files": [[str(file.resolve()), file.stat().st_size] for file in files], "dtype": str(dtype)}
    if (out / SOURCE).exists() and json.loads((out / SOURCE).read_text(encoding="utf-8")) == source:
        return out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for path in small.glob("*.json"):
        shutil.copy(path, out)
    write_weights(files, tensors, out, dtype)
    (out / SOURCE).write_text(json.dumps(source), encoding="utf-8")
    return out


def write_weights(files: list[Path], tensors: dict[str, dict], out: Path, dtype: torch.dtype) -> None:
    missing = dict(tensors)
    shard, weight_map, count = {}, {}, 0

    def write() -> None:
        nonlocal shard, count
        count += 1
        name = f"model-{count:05}.safetensors"
        save_file(shard, out / name, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(shard, name))
        shard = {}

    for tensor in stored_tensors(files):
        known = missing.pop(tensor.name, None)
        if known is None:
            continue
        weight = in_transformers_order(tensor, known)
        shard[known["name"]] = torch.from_numpy(np.ascontiguousarray(weight)).to(dtype)
        if sum(part.nbytes for part in shard.values()) > SHARD_BYTES:
            write()
    if missing:
        raise SystemExit(f"{files[0]}: has no tensor {next(iter(missing))}; is it another model?")
    write()
    index = {"metadata": {}, "weight_map": weight_map}
    (out / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def stored_tensors(files: list[Path]):
    from gguf import GGUFReader

    for file in files:
        yield from GGUFReader(file).tensors


def in_transformers_order(tensor, known: dict) -> np.ndarray:
    """In f32. The llama architecture has the rows of each head of q and k in pairs, GPT-2's matrices lie the other way."""
    from gguf import dequantize

    weight = dequantize(tensor.data, tensor.tensor_type).reshape([int(size) for size in reversed(tensor.shape)])
    if "pairsOf" in known:
        heads = weight.reshape(-1, known["pairsOf"] // 2, 2, *weight.shape[1:])
        weight = heads.swapaxes(1, 2).reshape(weight.shape)
    return weight.T if known.get("isTransposed") else weight
