"""Frozen weights as the run had them: rounded to f16, bf16 or the blocks that Rankwise keeps on the GPU, widened again."""

import torch

NORMAL_FLOAT = torch.tensor(
    [-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
     -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
     0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1]
)  # fmt: skip


def q8(blocks: torch.Tensor) -> torch.Tensor:
    """Blocks of 32: integers as GGUF's Q8_0, scale in f32. Halves are rounded away from zero."""
    scale = blocks.abs().amax(-1, keepdim=True) / 127
    scaled = blocks * torch.where(scale == 0, 0, 1 / scale)
    steps = scaled.sign() * (scaled.abs().double() + 0.5).floor().float()
    return (steps + 0.0) * scale  # no negative zero


def q4(blocks: torch.Tensor) -> torch.Tensor:
    """Blocks of 32 with scale and minimum in f16, as GGUF's Q4_1."""
    lowest = blocks.amin(-1, keepdim=True)
    scale = (blocks.amax(-1, keepdim=True) - lowest) / 15
    scaled = (blocks - lowest) * torch.where(scale == 0, 0, 1 / scale)
    steps = (scaled.double() + 0.5).floor().clamp(max=15).float()
    return steps * scale.half().float() + lowest.half().float()


def nf4(blocks: torch.Tensor) -> torch.Tensor:
    """NormalFloat blocks of 64 (QLoRA, arXiv 2305.14314), scale in f32; on the line between two values the lower one."""
    largest = blocks.abs().amax(-1, keepdim=True)
    scaled = blocks * torch.where(largest == 0, 0, 1 / largest)
    levels = NORMAL_FLOAT.double()
    nearest = torch.bucketize(scaled.double(), (levels[1:] + levels[:-1]) / 2)
    return NORMAL_FLOAT[nearest] * largest


BLOCKS = {"q8": (32, q8), "q4": (32, q4), "nf4": (64, nf4)}


def rounded(weight: torch.Tensor, kind: str) -> torch.Tensor:
    """weight: f32, [out, in]."""
    if kind in ("f16", "bf16"):
        return weight.to(torch.float16 if kind == "f16" else torch.bfloat16).float()
    size, quantize = BLOCKS[kind]
    return quantize(weight.reshape(-1, size)).reshape(weight.shape)


def round_weights(model: torch.nn.Module, kinds: dict[str, list[str]]) -> None:
    """In place. `kinds`: by kind, the weights' names as their files may have them, with or without the base's prefix."""
    parameters = dict(model.named_parameters())
    for kind, names in kinds.items():
        for name in names:
            known = next(p + name for p in ("", "model.", "transformer.") if p + name in parameters)
            owner = model.get_submodule(known.rpartition(".")[0])
            weight = parameters[known].data
            if weight.is_meta:  # another process reads it, and sends this one its part
                continue
            is_in_out = type(owner).__name__ == "Conv1D"
            matrix = weight.float().T.contiguous() if is_in_out else weight.float()
            result = rounded(matrix, kind)
            weight.copy_(result.T if is_in_out else result)
