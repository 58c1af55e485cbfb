"""One process or many: the same update, whether the model is whole on each (DDP), cut by FSDP, or by DeepSpeed.

Each process's gradient is averaged over all of them by whoever wraps the model, so a loss is scaled by their number.
"""

import os
from contextlib import nullcontext

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType

from .adapter import MOMENTS, keep_blocks, place_moments, read_moments, trainable, whole


class Machines:
    def __init__(self, micro_batch: int, clip: float, dtype: torch.dtype):
        # DeepSpeed takes the whole model's number type from here; elsewhere it would be autocast, which is not wanted.
        is_deepspeed = os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true"
        is_half = is_deepspeed and dtype == torch.bfloat16
        self.accelerator = Accelerator(mixed_precision="bf16" if is_half else "no")
        self.clip = clip
        self.is_deepspeed = self.accelerator.distributed_type == DistributedType.DEEPSPEED
        if self.is_deepspeed:
            config = self.accelerator.state.deepspeed_plugin.deepspeed_config
            config["train_micro_batch_size_per_gpu"] = micro_batch
            config["gradient_clipping"] = clip
            config["zero_allow_untested_optimizer"] = True

    def describe(self) -> str:
        a = self.accelerator
        how = {DistributedType.FSDP: ", cut by FSDP", DistributedType.DEEPSPEED: ", cut by DeepSpeed"}
        return f"{a.num_processes} process(es) of {a.device.type}{how.get(a.distributed_type, '')}"

    def prepare(self, model, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.parameters = trainable(self.model)

    def resume(self, moments: dict[str, torch.Tensor], step: int) -> None:
        """Moments as they are after `step` steps."""
        if not moments:
            return
        if not self.is_deepspeed:
            place_moments(self.optimizer, self.parameters, moments, step)
            return
        from deepspeed.utils import safe_set_full_optimizer_state

        kinds = {key.split("/", 1)[0] for key in moments}
        zero = self.optimizer.optimizer
        for part in zero.fp32_partitioned_groups_flat:  # made by the first step, were there no moments before it
            zeros = {kind: torch.zeros_like(part) for kind in kinds}
            zero.optimizer.state[part] = {"step": torch.tensor(float(step)), **zeros}
        for key, value in moments.items():
            kind, name = key.split("/", 1)
            safe_set_full_optimizer_state(self.parameters[name], value.to(self.accelerator.device), kind)

    def backward(self, loss: torch.Tensor, is_last: bool) -> None:
        """Adds to the gradients; those of all processes meet in the last micro-batch of a step."""
        if self.is_deepspeed:
            self.accelerator.gradient_state._set_sync_gradients(is_last)
        self.accelerator.backward(loss * self.accelerator.num_processes)

    def waiting(self, is_last: bool):
        """Around every micro-batch but the last: nothing is sent."""
        return nullcontext() if is_last or self.is_deepspeed else self.accelerator.no_sync(self.model)

    def update(self, blocks: dict, is_finite: bool) -> float | None:
        """One optimizer step. The gradient's norm before clipping; None, with nothing changed, where it is not finite."""
        if self.is_deepspeed:  # backward has taken the step
            return self.accelerator.clip_grad_norm_(self.parameters.values(), self.clip)
        keep_blocks(self.parameters, blocks)
        limit = self.clip if self.clip > 0 else float("inf")
        norm = whole(self.accelerator.clip_grad_norm_(list(self.parameters.values()), limit)).item()
        if not (is_finite and torch.isfinite(torch.tensor(norm))):
            return None
        self.optimizer.step()
        self.optimizer.zero_grad()
        return norm

    def set_rate(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def sums(self, *values: torch.Tensor | float) -> list[float]:
        """Over all processes."""
        mine = torch.tensor([float(value) for value in values], dtype=torch.float64, device="cpu")
        mine = mine.float() if self.accelerator.device.type == "mps" else mine
        return self.accelerator.reduce(mine.to(self.accelerator.device), "sum").tolist()

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """The whole adapter and its moments, on every process. All processes must call it."""
        if not self.is_deepspeed:
            weights = {name: whole(parameter) for name, parameter in self.parameters.items()}
            return weights, read_moments(self.optimizer, self.parameters)
        from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

        weights, moments = {}, {}
        for name, parameter in self.parameters.items():
            weights[name] = whole(safe_get_full_fp32_param(parameter))
            for kind in MOMENTS:
                if any(kind in state for state in self.optimizer.optimizer.optimizer.state.values()):
                    moments[f"{kind}/{name}"] = whole(safe_get_full_optimizer_state(parameter, kind))
        return weights, moments
