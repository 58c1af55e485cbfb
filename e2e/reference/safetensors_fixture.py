"""Writes e2e/fixtures/formats/mixed.safetensors with the Python safetensors library: every dtype torch and the
library share, an empty tensor, a scalar, and names whose order differs between UTF-8 and UTF-16.

Run: python e2e/reference/safetensors_fixture.py
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(__file__).parents[1] / "fixtures" / "formats" / "mixed.safetensors"


def main() -> None:
    torch.manual_seed(0)
    ramp = torch.arange(15, dtype=torch.float32).reshape(3, 5) / 4 - 1
    tensors = {
        "model.layers.10.weight": ramp,
        "model.layers.2.weight": -ramp,
        "half": ramp.half(),
        "brain": ramp.bfloat16(),
        "brain.z": ramp[:1].bfloat16().contiguous(),
        "double": ramp.double(),
        "ids": torch.arange(4),
        "ids32": torch.arange(3, dtype=torch.int32),
        "ids16": torch.arange(3, dtype=torch.int16),
        "bytes": torch.arange(7, dtype=torch.uint8),
        "signed": torch.arange(-3, 3, dtype=torch.int8),
        "mask": torch.tensor([True, False, True]),
        "f8": ramp[0].to(torch.float8_e4m3fn),
        "f8b": ramp[1].to(torch.float8_e5m2),
        "f8e": torch.tensor([1.0, 2.0]).to(torch.float8_e8m0fnu),
        "f8u": ramp[0].to(torch.float8_e4m3fnuz),
        "f8v": ramp[1].to(torch.float8_e5m2fnuz),
        "complex": torch.complex(ramp[0].contiguous(), ramp[1].contiguous()),
        "u16": torch.arange(3, dtype=torch.int32).to(torch.uint16),
        "u32": torch.arange(3, dtype=torch.int64).to(torch.uint32),
        "u64": torch.arange(3, dtype=torch.int64).to(torch.uint64),
        "empty": torch.zeros(0, 4),
        "scalar": torch.tensor(0.5),
        'quote " tab \t': torch.ones(1),
        "\uff5e tilde": torch.ones(2),
        "\U0001f600 face": torch.ones(3),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, OUT, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
