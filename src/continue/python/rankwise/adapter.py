"""The adapter and its optimizer state, by the names that PEFT writes, whatever splits the model over processes."""

from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from torch.distributed.tensor import DTensor, distribute_tensor

WEIGHTS = "adapter_model.safetensors"
# What optimizers remember of a parameter, as torch names it.
MOMENTS = ("exp_avg", "exp_avg_sq", "momentum_buffer")


def attach(base, folder: Path, weights: dict[str, torch.Tensor] | None, start: dict):
    """The base with an adapter as the folder configures it, ready to train. Without weights it starts as Rankwise would."""
    config = LoraConfig.from_pretrained(folder)
    config.inference_mode = False
    model = get_peft_model(base, config)
    known = None if weights is None else dict(weights)
    for name, parameter in trainable(model).items():
        if known is not None and name not in known:
            raise SystemExit(f"{WEIGHTS}: nothing there for {name}; is it another model's adapter?")
        value = initial(name, parameter.shape, start) if known is None else known.pop(name)
        parameter.data.copy_(value)
    if known:
        raise SystemExit(f"{WEIGHTS}: the base has no module for {next(iter(known))}; is it another model's adapter?")
    return model


def trainable(model) -> dict[str, torch.nn.Parameter]:
    """Adapter parameters by PEFT's names, also below what wraps the model."""
    return {peft_name(name): parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def peft_name(name: str) -> str:
    inside = name[name.index("base_model.model.") :]
    return inside.replace(".default.", ".").replace("_checkpoint_wrapped_module.", "")


def philox(counters: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Philox4x32-10 (Salmon et al. 2011). counters: [draws, 4]; result the same, 32-bit words."""
    c = [counters[:, i].astype(np.uint64) for i in range(4)]
    k0, k1 = key
    mask, low = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        p0, p1 = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(p1 >> low) ^ c[1] ^ np.uint64(k0), p1 & mask, (p0 >> low) ^ c[3] ^ np.uint64(k1), p0 & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1)


def initial(name: str, shape: torch.Size, start: dict) -> torch.Tensor:
    """A from U(-1/sqrt(in), 1/sqrt(in)) by seed, layer and target matrix; B zero."""
    if name.endswith("lora_B.weight"):
        return torch.zeros(shape)
    path = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
    layer = next(int(part) for part in path.split(".") if part.isdigit())
    targets = next(targets for module, targets in start["targets"].items() if path.endswith("." + module))
    rank, width = shape[0] // len(targets), shape[1]
    draws = -(-rank * width // 4)
    parts = []
    for target in targets:
        counters = np.zeros((draws, 4), np.uint64)
        counters[:, 0], counters[:, 1], counters[:, 2] = np.arange(draws), layer, target
        words = philox(counters, (start["seed"], 0x4C6F5241)).reshape(-1)[: rank * width]
        parts.append((1 / width**0.5) * (((words >> np.uint64(8)) + 0.5) / 2**23 - 1))
    return torch.from_numpy(np.concatenate(parts).astype(np.float32)).reshape(shape)


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """On every process, of a tensor that FSDP may have cut. All processes must call it."""
    full = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return full.detach().float().cpu().clone()


def cut_like(value: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    value = value.to(parameter.device)
    if not isinstance(parameter, DTensor):
        return value
    return distribute_tensor(value, parameter.device_mesh, parameter.placements)


def place_moments(optimizer: torch.optim.Optimizer, parameters: dict, moments: dict[str, torch.Tensor], step: int) -> None:
    """moments: `exp_avg/<parameter>` and so on, as torch names them."""
    for key, value in moments.items():
        kind, name = key.split("/", 1)
        state = optimizer.state[parameters[name]]
        state[kind] = cut_like(value, parameters[name])
        if kind == "exp_avg":
            state["step"] = torch.tensor(float(step))


def read_moments(optimizer: torch.optim.Optimizer, parameters: dict) -> dict[str, torch.Tensor]:
    return {
        f"{kind}/{name}": whole(optimizer.state[parameter][kind])
        for name, parameter in parameters.items()
        for kind in MOMENTS
        if isinstance(optimizer.state[parameter].get(kind), torch.Tensor)
    }


def keep_blocks(parameters: dict, blocks: dict[str, list[list[int]]]) -> None:
    """Zeroes the gradient of B outside its blocks [row, rows, column, columns]: GPT-2's q, k and v adapted apart."""
    for name, places in blocks.items():
        parameter = parameters[name]
        mask = torch.zeros(parameter.shape)
        for row, rows, column, columns in places:
            mask[row : row + rows, column : column + columns] = 1
        parameter.grad.mul_(cut_like(mask, parameter))


def save_weights(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata={"format": "pt"})
