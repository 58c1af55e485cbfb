"""Optimizer and learning rate as Rankwise has them: torch's AdamW and SGD, transformers' schedules."""

import math

import torch


def learning_rate_at(training: dict, step: int, steps: int) -> float:
    """Of optimizer step `step` (from 1) of `steps`: linear warm-up from 0, then constant, linear to 0 or half a cosine."""
    rate, warmup = training["learningRate"], training["warmupSteps"]
    done = step - 1
    if done < warmup:
        return rate * (done / max(1, warmup))
    rest = max(1, steps - warmup)
    if training["schedule"] == "linear":
        return rate * max(0.0, (steps - done) / rest)
    if training["schedule"] == "cosine":
        return rate * max(0.0, 0.5 * (1 + math.cos(math.pi * (done - warmup) / rest)))
    return rate


def make_optimizer(parameters: list[torch.nn.Parameter], training: dict) -> torch.optim.Optimizer:
    kind, rate, decay = training["optimizer"], training["learningRate"], training["weightDecay"]
    if kind["kind"] == "adamw":
        betas = (kind["beta1"], kind["beta2"])
        return torch.optim.AdamW(parameters, lr=rate, betas=betas, eps=kind["eps"], weight_decay=decay)
    return torch.optim.SGD(parameters, lr=rate, momentum=kind["momentum"], weight_decay=decay)
