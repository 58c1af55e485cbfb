"""Writes e2e/fixtures/quantize/: floats, and the blocks that gguf-py and the NF4 of bitsandbytes make of them.

values.bin: f32 [128, 64]   q8_0.bin, q4_0.bin, q4_1.bin: gguf-py's bytes   nf4.bin: per row f32 absmax, then 64 u8 indices
nf4_table.json: the 16 values, built as bitsandbytes' create_normal_map builds them (QLoRA, arXiv 2305.14314, appendix E)

Run: python e2e/reference/quantize_fixture.py
"""

import json
from pathlib import Path
from statistics import NormalDist

import gguf
import numpy as np

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "quantize"
ROWS, COLS = 128, 64


def values() -> np.ndarray:
    """Normal rows at several sizes, half of them of an f16 model, whose quotients are often exact halves; then what goes
    wrong first: zeros, constants, one outlier, one sign, tiny numbers."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((ROWS, COLS)) * np.exp(rng.uniform(-6, 2, (ROWS, 1)))
    x[0] = 0
    x[1] = 0.75
    x[2] = -3
    x[3] = 0
    x[3, 17] = -40
    x[4] = np.abs(x[4])
    x[5] = -np.abs(x[5])
    x[6] = np.arange(COLS) - 31.5
    x[7] = np.where(np.arange(COLS) % 2, 1, -1)
    x[8] = rng.uniform(-1, 1, COLS) * 1e-9
    x[9] = rng.uniform(0, 1, COLS) * 60000
    x[64:] = x[64:].astype(np.float16)
    return x.astype(np.float32)


def normal_float_table() -> np.ndarray:
    """8 values above zero, 7 below, zero: quantiles of equal parts of the normal distribution, divided by the largest."""
    offset = 0.9677083
    quantiles = np.vectorize(NormalDist().inv_cdf)
    above = quantiles(np.linspace(offset, 0.5, 9)[:-1])
    below = -quantiles(np.linspace(offset, 0.5, 8)[:-1])
    table = np.sort(np.concatenate([above, [0.0], below]))
    return (table / table.max()).astype(np.float32)


def main() -> None:
    OUT.mkdir(exist_ok=True)
    x = values()
    x.tofile(OUT / "values.bin")
    for name in ("Q8_0", "Q4_0", "Q4_1"):
        gguf.quants.quantize(x, gguf.GGMLQuantizationType[name]).tofile(OUT / f"{name.lower()}.bin")
    table = normal_float_table()
    absmax = np.abs(x).max(axis=1, keepdims=True)
    scaled = np.divide(x, absmax, out=np.zeros_like(x), where=absmax > 0)
    nearest = np.abs(scaled[:, :, None].astype(np.float64) - table).argmin(axis=2).astype(np.uint8)
    with (OUT / "nf4.bin").open("wb") as file:
        for scale, row in zip(absmax, nearest, strict=True):
            file.write(scale.astype("<f4").tobytes() + row.tobytes())
    (OUT / "nf4_table.json").write_text(json.dumps([float(v) for v in table]) + "\n")


if __name__ == "__main__":
    main()
