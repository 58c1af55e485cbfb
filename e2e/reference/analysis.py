"""Writes e2e/fixtures/analysis/expected.json: what NumPy's dense SVDs in float64 say of adapters and frozen weights of
e2e/fixtures/parity: singular values of the update, effective rank, norms, subspace similarity, amplification.

Run after tiny_models.py:  python e2e/reference/analysis.py
"""

import json
import re

import numpy
from safetensors.numpy import load_file

from tiny_models import PARITY

CASES = ["gpt2", "llama", "llama-biases", "qwen3-tied"]
OUT = PARITY.parent / "analysis"


def scaling(config: dict) -> float:
    return config["lora_alpha"] / (config["r"] ** 0.5 if config["use_rslora"] else config["r"])


def similarity(first: numpy.ndarray, second: numpy.ndarray) -> list[list[float]]:
    """Equation 4 of Hu et al. 2021, term by term; columns are directions."""
    rows = range(1, first.shape[1] + 1)
    columns = range(1, second.shape[1] + 1)
    return [
        [float(numpy.linalg.norm(first[:, :i].T @ second[:, :j]) ** 2 / min(i, j)) for j in columns] for i in rows
    ]


def stored_weight(weights: dict, path: str) -> numpy.ndarray:
    name = path.split(".", 1)[1] + ".weight"
    found = next(key for key in (name, "model." + name, "transformer." + name) if key in weights)
    return weights[found].astype(numpy.float64)


def analyse(case: str) -> dict:
    folder = PARITY / case
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    tensors = load_file(folder / "adapter" / "adapter_model.safetensors")
    weights = load_file(folder / "model" / "model.safetensors")
    modules = {}
    directions = {}
    for key in sorted(tensors):
        found = re.fullmatch(r"base_model\.model\.(.+)\.lora_A\.weight", key)
        if not found:
            continue
        path = found.group(1)
        a = tensors[key].astype(numpy.float64)
        b = tensors[key.replace("lora_A", "lora_B")].astype(numpy.float64)
        rank = a.shape[0]
        u, values, vt = numpy.linalg.svd(scaling(config) * b @ a, full_matrices=False)
        frozen = stored_weight(weights, path)
        if case.startswith("gpt2"):
            frozen = frozen.T
        own = numpy.linalg.svd(frozen, compute_uv=False)
        shares = values[:rank] / values[:rank].sum()
        along = float(numpy.linalg.norm(u[:, :rank].T @ frozen @ vt[:rank].T))
        norm = float(numpy.linalg.norm(scaling(config) * b @ a))
        modules[path] = {
            "singularValues": values[:rank].tolist(),
            "effectiveRank": float(numpy.exp(-(shares * numpy.log(shares)).sum())),
            "updateNorm": norm,
            "frozenNorm": float(numpy.linalg.norm(frozen)),
            "alongUpdate": along,
            "alongFrozen": float(numpy.linalg.norm(own[:rank])),
            "factor": norm / along,
        }
        directions[path] = {
            "input": numpy.linalg.svd(a, full_matrices=False)[2].T,
            "left": u[:, :rank],
            "right": vt[:rank].T,
        }
    pairs = []
    paths = list(modules)
    for first in paths:
        for second in paths:
            if first < second and first.split(".")[-1] == second.split(".")[-1]:
                sides = {side: similarity(directions[first][side], directions[second][side]) for side in ("input", "left", "right")}
                pairs.append({"first": first, "second": second, **sides})
    return {"modules": modules, "pairs": pairs[:2]}


OUT.mkdir(exist_ok=True)
text = json.dumps({case: analyse(case) for case in CASES}, indent=1)
# Nine digits are more than is compared.
(OUT / "expected.json").write_text(re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number.group()):.9g}", text) + "\n")
