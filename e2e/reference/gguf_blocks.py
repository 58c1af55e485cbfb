"""Random blocks of every quantized GGUF type and what the gguf package makes of them: e2e/fixtures/gguf/blocks.bin.

Every byte of a block is random but for its f16 scales, which are ordinary, subnormal, negative or large. The fixture
holds the blocks and a CRC-32 of the dequantized f32 bytes, so that it stays small: equal means to the bit.
Run: python e2e/reference/gguf_blocks.py
"""

import json
import zlib
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "gguf"
BLOCKS = 24
# Where the f16 scales of a block lie.
SCALES_AT = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}  # fmt: skip
EXTREMES = [0.0, -0.0, 2**-24, -(2**-24), 6e-5, 65504.0, -65504.0, 1.0]


def main() -> None:
    random = np.random.default_rng(4)
    FOLDER.mkdir(parents=True, exist_ok=True)
    data, index = b"", []
    for name, places in SCALES_AT.items():
        kind = GGMLQuantizationType[name]
        elements, size = GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
        for at in places:
            scales = random.normal(0, 0.02, BLOCKS).astype(np.float16)
            scales[: len(EXTREMES)] = random.permutation(EXTREMES)
            blocks[:, at : at + 2] = scales.view(np.uint8).reshape(BLOCKS, 2)
        blocks[-1] = blocks[-1] | 0x80  # every scale that has a sign or a high bit
        values = dequantize(blocks, kind).astype("<f4")
        assert values.size == BLOCKS * elements and np.isfinite(values).all(), name
        index.append(
            {
                "type": name,
                "offset": len(data),
                "sizeBytes": blocks.size,
                "count": values.size,
                "crc32": zlib.crc32(values.tobytes()),
                "first": values.reshape(-1)[-elements : 4 - elements].tolist(),
            }
        )
        data += blocks.tobytes()
    (FOLDER / "blocks.bin").write_bytes(data)
    (FOLDER / "blocks.json").write_text(json.dumps(index, indent=1) + "\n")
    print(f"{len(data)} bytes of blocks, {len(index)} types")


if __name__ == "__main__":
    main()
