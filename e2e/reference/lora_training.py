"""The reference training step: right-padded rows, summed loss over marked tokens, PyTorch's optimizers.

The loss of an optimizer step is (sum of losses) / (marked tokens) over all its micro-batches together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from transformers import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

IGNORED = -100


@dataclass
class Row:
    """One example. loss_mask[t] = 1 where token t is a target, to be predicted from the tokens before it."""

    ids: list[int]
    loss_mask: list[int]


def collate(rows: list[Row]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Right padding with token 0: ids, attention mask and labels, each [rows, longest]."""
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    attention = torch.zeros_like(ids)
    labels = torch.full_like(ids, IGNORED)
    for index, row in enumerate(rows):
        length = len(row.ids)
        ids[index, :length] = torch.tensor(row.ids)
        attention[index, :length] = 1
        marked = torch.tensor(row.loss_mask, dtype=torch.bool)
        labels[index, :length][marked] = ids[index, :length][marked]
    return ids, attention, labels


def batch_logits(model, rows: list[Row]) -> torch.Tensor:
    ids, attention, _ = collate(rows)
    return model(input_ids=ids, attention_mask=attention, use_cache=False).logits


def loss_sum(model, rows: list[Row]) -> tuple[torch.Tensor, int]:
    """Sum over marked tokens of -log p(token | tokens before it), and how many there are."""
    labels = collate(rows)[2][:, 1:]
    logits = batch_logits(model, rows)[:, :-1]
    total = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
    return total, int((labels != IGNORED).sum())


def trainable(model) -> dict[str, torch.nn.Parameter]:
    """Adapter parameters under the names that PEFT writes to adapter_model.safetensors."""
    return {name.replace(".default.", "."): p for name, p in model.named_parameters() if p.requires_grad}


def make_optimizer(parameters, settings: dict) -> torch.optim.Optimizer:
    if settings["optimizer"] == "adamw":
        return torch.optim.AdamW(
            parameters,
            lr=settings["learningRate"],
            betas=tuple(settings["betas"]),
            eps=settings["eps"],
            weight_decay=settings["weightDecay"],
        )
    return torch.optim.SGD(
        parameters, lr=settings["learningRate"], momentum=settings["momentum"], weight_decay=settings["weightDecay"]
    )


def make_schedule(optimizer, settings: dict):
    warmup, steps = settings["warmup"], settings["steps"]
    if settings["schedule"] == "cosine":
        return get_cosine_schedule_with_warmup(optimizer, warmup, steps)
    if settings["schedule"] == "linear":
        return get_linear_schedule_with_warmup(optimizer, warmup, steps)
    return get_constant_schedule_with_warmup(optimizer, warmup)


def train(model, rows: list[Row], settings: dict, on_step: Callable[[dict], None] | None = None) -> list[dict]:
    """Trains the adapter in place, rows in file order and wrapping round; one record per optimizer step.

    gradientNorm is before clipping; clip None is off.  on_step is called with the record after the update.
    """
    model.eval()  # dropout off: the numbers must not depend on a random generator
    parameters = list(trainable(model).values())
    optimizer = make_optimizer(parameters, settings)
    schedule = make_schedule(optimizer, settings)
    records, cursor = [], 0
    for step in range(1, settings["steps"] + 1):
        micro_batches = []
        for _ in range(settings["accumulate"]):
            micro_batches.append([rows[(cursor + i) % len(rows)] for i in range(settings["batch"])])
            cursor += settings["batch"]
        seen = [row for batch in micro_batches for row in batch]
        targets = sum(sum(row.loss_mask[1:]) for row in seen)
        step_loss = 0.0
        for batch in micro_batches:
            total, _ = loss_sum(model, batch)
            (total / targets).backward()
            step_loss += total.item() / targets
        limit = settings["clip"] or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(parameters, limit).item()
        records.append(
            {
                "step": step,
                "loss": step_loss,
                "learningRate": optimizer.param_groups[0]["lr"],
                "gradientNorm": norm,
                "tokens": sum(len(row.ids) for row in seen),
                "targetTokens": targets,
            }
        )
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if on_step:
            on_step(records[-1])
    return records
